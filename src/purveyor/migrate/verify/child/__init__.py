"""What runs in the processes in which old and new are tried out.

It is started by path and needs nothing of the rest of Purveyor, so that the old side stands as if there were none.
Modules here import the standard library, each other and `purveyor.migrate.words` only; what a contract needs of
Purveyor is loaded for it.
"""
