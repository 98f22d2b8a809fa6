"""The Salto KS plugin. Its folder is reserved; the plugin itself is not built yet."""
