"""The main job shown without network and without configuration."""
