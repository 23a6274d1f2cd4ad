"""The front door of a bare checkout: `python cli.py layers` is `geolls layers`."""

from geolls.commands import main

main()
