from purveyor.operations import operation as operation  # until every importer is moved
