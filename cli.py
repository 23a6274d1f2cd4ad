"""The front door of a bare checkout: `python cli.py layers` is `geolls layers`."""

from geolls.cli.main import main

main()
