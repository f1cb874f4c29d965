"""`make mutants`: would a test notice if a rule of the pure tier were another? Mutation testing, by mutmut.

mutmut makes the mutants (one small change of a function each) and runs, in a fork, those tests that come past the
changed function. What is ours: which modules are mutated and whose tests judge them (parts), a copy to work in, so
that the tree is never touched (workshop), a seeded sample spread over the modules (sample), the mutants that no test
could notice and why (equivalents.toml), and the report.

Not mutated: module constants, default arguments that are expressions, decorators, annotations, SQL, whatever needs a
server. A mutant that no pure test comes past counts as survived.
"""
