#!/usr/bin/missing_python9
print()
