"""What every room rests on: settings, errors, and where and how files are stored."""
