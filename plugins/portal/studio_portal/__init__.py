"""Dashboard and developer portal, served by the platform itself."""
