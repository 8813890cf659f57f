"""What FastAPI declares: routes, schemas, dependencies, error handlers."""
