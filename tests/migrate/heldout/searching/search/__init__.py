from search._backend import Backend as Index
