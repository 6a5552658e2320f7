"""The influence operation: the persona core, the amplifier layer, the operator who directs them, and their accounts."""
