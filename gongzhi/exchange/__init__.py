"""The exchange hub (信息中台): data sets, their standards, and everything that is received.

`reading` turns bytes into rows, `standards` says what a data set must look like, and
`importers` understands the real sets; none of them knows the database.
"""
