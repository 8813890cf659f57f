"""The public read routes, as `shared/contract/openapi.yaml` have them, in Django REST framework."""
