"""`python -m geolls` is `geolls`."""

from geolls.cli.main import main

main()
