"""What a kit runs by itself: `python KIT.zip`. Standard library only."""
