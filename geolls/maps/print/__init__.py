"""The same map on paper."""
