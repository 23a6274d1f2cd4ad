"""`python -m geolls` is `geolls`."""

from geolls.commands import main

main()
