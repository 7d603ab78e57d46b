extension OpenAPIDocument {
    /// The ledger as a tlog-tiles log.
    static let logPaths = #"""
        "/checkpoint": {
          "get": {
            "operationId": "getCheckpoint", "tags": ["log"], "summary": "The newest signed checkpoint (C2SP tlog-checkpoint).",
            "responses": {
              "200": {
                "description": "A signed note of three lines and its signatures.",
                "content": {"text/plain": {"schema": {"type": "string", "minLength": 1}}}
              },
              \#(problems(400, 408, 413, 500, 503))
            }
          }
        },
        "/tile/{level}/{tile}": {
          "get": {
            "operationId": "getTile", "tags": ["log"],
            "summary": "A tile of hashes (C2SP tlog-tiles, Merkle Tree).",
            "description": "A full tile has 256 hashes of 32 bytes, never changes and may be cached for ever. A partial one ends in `.p/<width>`.",
            "parameters": [
              {
                "name": "level", "in": "path", "required": true, "description": "Level of the tile.",
                "schema": {"type": "integer", "minimum": 0, "maximum": 5}, "example": 0
              },
              {"$ref": "#/components/parameters/tile"}
            ],
            "responses": {
              "200": {
                "description": "The hashes, one behind the other.",
                "headers": {"Cache-Control": {"required": true, "schema": {"type": "string"}}},
                "content": {"application/octet-stream": {}}
              },
              \#(problems(400, 404, 408, 413, 500, 503))
            }
          }
        },
        "/tile/entries/{bundle}": {
          "get": {
            "operationId": "getEntryBundle", "tags": ["log"],
            "summary": "A bundle of entries (C2SP tlog-tiles, Log entries). Entries name agents, so a scope is needed.",
            \#(secured("ledger")),
            "parameters": [{"$ref": "#/components/parameters/bundle"}],
            "responses": {
              "200": {
                "description": "Up to 256 entries, each behind its length in two bytes, big-endian.",
                "content": {"application/octet-stream": {}}
              },
              \#(problems(400, 401, 403, 404, 408, 413, 500, 503))
            }
          }
        },
        "/api/v1/events/{index}/proof": {
          "get": {
            "operationId": "getProof", "tags": ["log"],
            "summary": "A proof that an entry is in the ledger (C2SP tlog-proof), to keep or to hand on.",
            \#(secured("ledger")),
            "parameters": [{"$ref": "#/components/parameters/index"}],
            "responses": {
              "200": {
                "description": "The proof, under the newest checkpoint.",
                "content": {"text/plain": {"schema": {"type": "string", "pattern": "^c2sp\\.org/tlog-proof@v1\n"}}}
              },
              \#(problems(400, 401, 403, 404, 408, 413, 500, 503))
            }
          }
        }
        """#
}
