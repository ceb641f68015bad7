# Health, by every name that monitors know.
for path in health health/live health/alive health/ready health/detailed; do
  curl -fs "http://localhost:8889/$path" | jq -r .status
done
#> ^ok\nok\nok\nready\nready
curl -fs http://localhost:8888/health | jq -r .status
#> ^ok
curl -fs http://localhost:8888/status | jq -r .status
#> ^ok
curl -fs http://localhost:8889/metrics | grep -c '^moongate_'
#> ^[1-9]\d
curl -fs http://localhost:8889/health/metrics | grep '^moongate_ready'
#> ^moongate_ready 1
curl -fs http://localhost:8889/ | head -1
#> ^Moongate
curl -fs http://localhost:8889/ -H 'Accept: text/html' | grep -c '<title>Moongate'
#> ^1
