"""Reads an OTLP/JSON export with OpenTelemetry's own message definitions, which refuse a member that they do not know.

OTLP/JSON writes ids in hex where protobuf's JSON would have base64 (OTLP 1.5, "JSON Protobuf Encoding"); that alone is changed first.
"""
import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

with open(sys.argv[1]) as file:
    export = json.load(file)
for resource in export["resourceSpans"]:
    for scope in resource["scopeSpans"]:
        for span in scope["spans"]:
            for name in ("traceId", "spanId", "parentSpanId"):
                if name in span:
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
request = json_format.ParseDict(export, trace_service_pb2.ExportTraceServiceRequest())
spans = [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]
for span in spans:
    assert len(span.trace_id) == 16 and len(span.span_id) == 8 and len(span.parent_span_id) in (0, 8), span.name
    assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano, span.name
    print(span.name, span.kind, span.status.code, span.end_time_unix_nano - span.start_time_unix_nano)
