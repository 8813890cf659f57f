"""What `make k8s-…` does: renders the manifests, checks them, and brings them to a cluster."""
