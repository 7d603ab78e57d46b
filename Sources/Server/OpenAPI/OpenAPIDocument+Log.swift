extension OpenAPIDocument {
    /// The ledger as a tlog-tiles log.
    static let logOperations: [Operation] =
        [
            Operation(
                .checkpoint,
                "getCheckpoint",
                "The newest signed checkpoint (C2SP tlog-checkpoint).",
                answers: [
                    .text("A signed note of three lines and its signatures.", #"{"type": "string", "minLength": 1}"#)
                ],
                problems: [500, 503]
            ),
            Operation(
                .tile,
                "getTile",
                "A tile of hashes (C2SP tlog-tiles, Merkle Tree).",
                description:
                    "A full tile has 256 hashes of 32 bytes, never changes and may be cached for ever. A partial one ends in `.p/<width>`.",
                parameters: [
                    #"""
                    {
                      "name": "level", "in": "path", "required": true, "description": "Level of the tile.",
                      "schema": {"type": "integer", "minimum": 0, "maximum": 5}, "example": 0
                    }
                    """#, parameter("tile"),
                ],
                answers: [
                    .bytes(
                        "The hashes, one behind the other.",
                        headers: #"{"Cache-Control": {"required": true, "schema": {"type": "string"}}}"#
                    )
                ],
                problems: [404, 500, 503]
            ),
            Operation(
                .bundle,
                "getEntryBundle",
                "A bundle of entries (C2SP tlog-tiles, Log entries). Entries name agents, so a scope is needed.",
                parameters: [parameter("bundle")],
                answers: [.bytes("Up to 256 entries, each behind its length in two bytes, big-endian.")],
                problems: [404]
            ),
            Operation(
                .proof,
                "getProof",
                "A proof that an entry is in the ledger (C2SP tlog-proof), to keep or to hand on.",
                parameters: [parameter("index")],
                answers: [
                    .text(
                        "The proof, under the newest checkpoint.",
                        #"{"type": "string", "pattern": "^c2sp\\.org/tlog-proof@v1\n"}"#
                    )
                ],
                problems: [404]
            ),
        ]
}
