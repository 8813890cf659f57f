"""The OpenAPI document that is generated from the types."""

from tests.running import Service


def test_the_parameters_are_documented_as_they_are_judged(service: Service) -> None:
    document = service.ask("/api/openapi.json").json()
    parameters = {p["name"]: p["schema"] for p in document["paths"]["/api/items/"]["get"]["parameters"]}
    price = r"^[0-9]{1,8}(\.[0-9]{1,2})?$"
    sorts = ["id", "-id", "name", "-name", "price", "-price", "updated_at", "-updated_at"]
    assert {
        name: {key: value for key, value in schema.items() if key != "title"} for name, schema in parameters.items()
    } == {
        "limit": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
        "cursor": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": 1, "maxLength": 1024},
        "q": {"type": "string", "minLength": 1, "maxLength": 200},
        "category": {"type": "string", "pattern": "^[a-z0-9-]{1,64}$"},
        "min_price": {"type": "string", "pattern": price},
        "max_price": {"type": "string", "pattern": price},
        "sort": {"type": "string", "enum": sorts, "default": "id"},
        "if-none-match": {"type": "string"},
        "cache-control": {"type": "string"},
    }


def test_only_answers_that_are_given_are_announced(service: Service) -> None:
    paths = service.ask("/api/openapi.json").json()["paths"]
    reads = {"/api/items/", "/api/items/{id}/", "/api/items/events/", "/api/categories/"}
    assert set(paths) == reads | {"/livez", "/readyz"}
    for operations in paths.values():
        for operation in operations.values():
            assert "422" not in operation["responses"]


def test_the_gateway_has_the_pages_of_the_documentation(service: Service) -> None:
    assert {service.ask(path).status for path in ("/docs", "/redoc", "/openapi.json")} == {404}
