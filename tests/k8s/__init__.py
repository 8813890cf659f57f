"""The Kubernetes manifests: what they are held to without a cluster, and that each rule notices when it is broken."""
