"""Which tactics of the operator are counter-measures: judged at equal dollars, under a defence and without one."""
