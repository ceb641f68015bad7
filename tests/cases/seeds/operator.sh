# An operator with the command line, against a gateway that runs.
export MOONGATE_URL=http://localhost:8889 MOONGATE_ADMIN_TOKEN=$ADMIN
moongate user add anna
moongate client add anna-app --user anna
moongate key add --client anna-app --model 'claude-*' --limit requests_per_minute=60 --limit cost_per_day=12.50 | cut -c1-3
#> mg-
moongate balance anna +50
#> ^50\.00
moongate usage anna --date 2026-11 --by model --format json | jq -r 'type'
#> ^object
moongate user list --format csv | head -1
#> ^USER|^NAME
moongate audit --limit 3 --format json | jq -r 'type'
#> ^object
moongate version
#> ^moongate \d
