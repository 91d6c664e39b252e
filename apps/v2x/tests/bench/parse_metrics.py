# Reads a page of metrics as Prometheus does and prints its samples as JSON.
# Ends with 42 where the parser is missing, and with 1 where a rule of the format is broken.
import json
import re
import sys

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    sys.exit(42)

samples = {}
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.documentation, f"{family.name} has no HELP"
    assert family.type in ("counter", "gauge"), f"{family.name} is {family.type}"
    assert not re.search(r"_(ms|us|mb|kb|minutes|hours|percent|wh)(_|$)", family.name), family.name
    for sample in family.samples:
        labels = ",".join(f'{key}="{value}"' for key, value in sorted(sample.labels.items()))
        name = sample.name + (f"{{{labels}}}" if labels else "")
        assert name not in samples, f"{name} stands twice"
        samples[name] = sample.value
print(json.dumps(samples))
