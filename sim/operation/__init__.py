"""The influence operation: the persona core, the amplifier layer, the operator who directs both, and their accounts."""
