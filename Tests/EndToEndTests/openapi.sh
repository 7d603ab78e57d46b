#!/bin/sh
# Checks that a running control plane is what its OpenAPI document says: the document is valid, and requests made up from it,
# good and bad, are answered as it says.
#
#   MUNIMENT_URL          the control plane, such as http://127.0.0.1:8081
#   MUNIMENT_CREDENTIALS  id:secret of an API client with the scopes that its document names
#   MUNIMENT_TOOLS        folder for the two Python programs, made when it is missing (default: a folder under TMPDIR)
#   MUNIMENT_EXAMPLES     requests made up for each operation (default 50)
#   MUNIMENT_SEED         from which they are made up (default 1, so that a change is judged by the same requests each time;
#                         another seed and more examples look for what nobody has seen yet)
#
# The ledger should hold some entries and be one for tests: each question is recorded, and clients are made.
set -eu

url=${MUNIMENT_URL:?the control plane, such as http://127.0.0.1:8081}
credentials=${MUNIMENT_CREDENTIALS:?id:secret of an API client with the scopes that its document names}
tools=${MUNIMENT_TOOLS:-${TMPDIR:-/tmp}/muniment-openapi-tools}
examples=${MUNIMENT_EXAMPLES:-50}

if [ ! -x "$tools/bin/schemathesis" ] || [ ! -x "$tools/bin/openapi-spec-validator" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5 openapi-spec-validator==0.9.0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

curl --fail --silent --show-error --output openapi.json "$url/openapi.json"
"$tools/bin/openapi-spec-validator" openapi.json

# Rules between parameters and of times in the past can be said in words only, so requests that the schema allows may be refused.
cat > schemathesis.toml <<'CONFIGURATION'
[[operations]]
include-operation-id = [
    "listAccesses", "listEvents", "createClient", "rotateClient",
    # Either a global id or one identifier; what an identifier looks like depends on its kind; conflicts must exist.
    "searchAccesses", "resolveIdentity", "linkIdentifiers", "unlinkIdentifier", "shareIdentifier", "mergeCustomers",
    "unmergeCustomers", "keepCustomersApart", "explainIdentity", "forgetCustomer", "settleIdentityConflict",
    "reportEvent",
]
checks.positive_data_acceptance.enabled = false

# What an identifier, an event, a decision or a rule must be depends on its kind.
[[operations]]
include-path-regex = "^/api/v1/(identity/|audit/events|accesses/search|alerts|rules/|containment|redact|sinks/)"
checks.positive_data_acceptance.enabled = false
CONFIGURATION

# A bearer token, since a user name of Basic is also tried as the id of a client, and would end the client that is used here.
token="${credentials%%:*}.${credentials#*:}"

check() {
    "$tools/bin/schemathesis" --config-file schemathesis.toml run "$url/openapi.json" \
        --header "Authorization: Bearer $token" --phases examples,coverage,fuzzing --max-examples "$examples" \
        --seed "${MUNIMENT_SEED:-1}" --continue-on-failure --no-color "$@"
}

# The data plane has an address of its own. Rotation and revocation come last and alone: after the list of clients they would be
# tried on the very client that is used here.
check --exclude-path-regex '^/(oauth/|api/v1/read/)|/(rotate|revoke)$'
check --include-path-regex '/(rotate|revoke)$'
