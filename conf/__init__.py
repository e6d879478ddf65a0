"""Configuration files that travel with the package: settings (*.toml) and Spark properties (spark/*.conf)."""
