"""The three frameworks are held to shared/contract/openapi.yaml and to each other."""
