// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of our own: warnings are errors, existentials are spelled out, and a member is only visible when
/// the module that declares it is imported.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A library of ours.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of a target.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.byName(name: name)] + dependencies,
        exclude: exclude,
        swiftSettings: settings
    )
}

let package = Package(
    name: "muniment",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "muniment", targets: ["muniment"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // Floor 0: pure; no input or output.
        library("WallTime"),
        library("TextEncoding"),
        library("Measures"),
        library("Traces", ["JSON", "Measures", "TextEncoding"]),
        library("JSON"),
        library("MerkleLog", ["TextEncoding", crypto]),
        .target(name: "CByteMasks"),
        library("Redaction", ["CByteMasks", "JSON", crypto, cryptoExtras]),
        library("AccessPolicy"),
        library("Approvals", ["WallTime"]),
        library("HTTPFraming"),
        library("HTTPSignatures", ["TextEncoding", crypto]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        library("Gzip", ["CZlib"]),
        library("EventFormats", ["JSON", "MerkleLog", "WallTime"]),
        library("DeliveryWire", ["EventFormats", "Gzip", "JSON", "MerkleLog", "TextEncoding", "WallTime", crypto]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CNATS", pkgConfig: "libnats", providers: [.apt(["libnats-dev"])]),

        // Floor 1: one outside system each.
        library("Storage", ["CPostgres", "CSQLite"]),
        library("NATS", ["CNATS"]),
        library("Genesys", ["JSON", "TextEncoding", "WallTime", asyncHTTPClient, logging, nioCore, nioHTTP1]),
        library(
            "ObjectStorage",
            ["TextEncoding", "WallTime", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix, nioSSL]
        ),

        // Floor 2: the record, and who is in it.
        library("Ledger", ["JSON", "MerkleLog", "Storage", "WallTime"]),
        library(
            "Identity",
            ["Approvals", "JSON", "Ledger", "Redaction", "Storage", "TextEncoding", "WallTime", crypto]
        ),

        // Floor 3: what the product does.
        library(
            "Credentials",
            ["HTTPSignatures", "JSON", "Ledger", "Redaction", "Storage", "TextEncoding", "WallTime", crypto]
        ),
        library(
            "Gateway",
            [
                "AccessPolicy", "Credentials", "Genesys", "HTTPFraming", "HTTPSignatures", "Identity", "JSON", "Ledger",
                "MerkleLog",
                "Measures",
                "Redaction", "Storage", "TextEncoding", "Traces", "WallTime", crypto, nioCore, nioPosix, nioSSL,
            ]
        ),

        library(
            "AuditTrail",
            ["Identity", "JSON", "Ledger", "MerkleLog", "Redaction", "TextEncoding", "WallTime", crypto]
        ),

        library(
            "Delivery",
            [
                "DeliveryWire", "EventFormats", "JSON", "Ledger", "Measures", "MerkleLog", "NATS", "ObjectStorage",
                "Redaction", "Storage", "TextEncoding", "WallTime", asyncHTTPClient, crypto, logging, nioCore, nioHTTP1,
                nioPosix,
                nioSSL, nioTLS,
            ]
        ),

        // Pure too, though it stands here: fed the record's events, it returns alerts and effects, and does nothing itself.
        .target(
            name: "Detection",
            dependencies: ["Approvals", "JSON", "WallTime", yams],
            resources: [.embedInCode("Rules")],
            swiftSettings: settings
        ),

        library(
            "Monitoring",
            [
                "Approvals", "DeliveryWire", "Detection", "Genesys", "Gzip", "JSON", "Ledger", "Measures", "Redaction",
                "Storage",
                "WallTime", crypto,
            ]
        ),

        library("PlatformFacts", ["Genesys", "JSON", "Ledger", "Measures", "Storage", "WallTime", crypto]),

        // Floor 4: how it is reached, and what it is tried against.
        library(
            "Settings",
            [
                "AccessPolicy", "Credentials", "Delivery", "DeliveryWire", "Detection", "EventFormats", "Gateway",
                "Genesys", "Identity", "JSON", "Ledger", "MerkleLog", "NATS", "ObjectStorage", "PlatformFacts",
                "Redaction", "Storage", crypto, yams,
            ]
        ),
        library(
            "Server",
            [
                "Approvals", "AuditTrail", "Credentials", "Delivery", "DeliveryWire", "Detection", "Monitoring",
                "Gateway",
                "HTTPSignatures", "Identity", "JSON", "Ledger", "Measures",
                "MerkleLog", "PlatformFacts", "Redaction", "Storage", "TextEncoding", "Traces",
                "WallTime",
                hummingbird, hummingbirdCore, httpTypes, logging, nioCore, nioHTTP1, nioHTTPTypes,
                nioSSL,
            ]
        ),
        library("Sandbox", ["Genesys", "Gzip", "JSON", "WallTime", nioCore, nioHTTP1, nioPosix]),

        // Floor 5: the command line.
        .executableTarget(
            name: "muniment",
            dependencies: [
                "AccessPolicy", "Approvals", "AuditTrail", "Credentials", "Delivery", "Detection", "EventFormats",
                "HTTPSignatures",
                "ObjectStorage", "TextEncoding", "Traces",
                "Gateway", "Genesys", "Identity", "JSON", "Ledger",
                "MerkleLog", "Monitoring", "PlatformFacts", "Redaction", "Sandbox", "Server", "Settings", "Storage",
                "WallTime",
                argumentParser,
                asyncHTTPClient, logging, nioCore,
                nioHTTP1, nioPosix, nioSSL, serviceLifecycle, unixSignals,
            ],
            swiftSettings: settings
        ),

        // Measured beside their peers; see docs/performance.md.
        .executableTarget(
            name: "LedgerBenchmark",
            dependencies: ["JSON", "Ledger", "MerkleLog", "Storage", "WallTime"],
            path: "Benchmarks/Ledger",
            swiftSettings: settings
        ),

        .executableTarget(
            name: "GatewayBenchmark",
            dependencies: [
                "AccessPolicy", "Credentials", "Gateway", "Identity", "Ledger", "Measures", "MerkleLog", "Redaction",
                "Storage",
                "WallTime", crypto,
            ],
            path: "Benchmarks/Gateway",
            exclude: ["run.sh", "baseline.js", "customer.json", "nginx.conf.in", "read.lua"],
            swiftSettings: settings
        ),

        .target(
            name: "RedactionCorpus",
            dependencies: ["Redaction"],
            path: "Benchmarks/Redaction/Corpus",
            swiftSettings: settings
        ),

        .executableTarget(
            name: "RedactionBenchmark",
            dependencies: ["Redaction", "RedactionCorpus"],
            path: "Benchmarks/Redaction/Run",
            swiftSettings: settings
        ),

        .executableTarget(
            name: "IdentityBenchmark",
            dependencies: ["Identity", "Ledger", "MerkleLog", "WallTime"],
            path: "Benchmarks/Identity",
            swiftSettings: settings
        ),

        .executableTarget(
            name: "DeliveryBenchmark",
            dependencies: [
                "Delivery", "DeliveryWire", "EventFormats", "JSON", "Ledger", "MerkleLog", "Sandbox", "Storage",
                "WallTime", asyncHTTPClient,
            ],
            path: "Benchmarks/Delivery",
            swiftSettings: settings
        ),

        .executableTarget(
            name: "DetectionBenchmark",
            dependencies: ["Detection", "JSON", "Ledger", "MerkleLog", "Monitoring", "WallTime"],
            path: "Benchmarks/Detection",
            swiftSettings: settings
        ),

        tests("WallTime"),
        tests("TextEncoding"),
        tests("JSON"),
        tests("MerkleLog", ["TextEncoding", crypto], exclude: ["Vectors"]),
        tests("Redaction", ["JSON", "RedactionCorpus"], exclude: ["Corpus"]),
        tests("AccessPolicy"),
        tests("Approvals", ["WallTime"]),
        tests("HTTPFraming"),
        tests("HTTPSignatures", ["TextEncoding", crypto]),
        tests("Gzip"),
        tests("EventFormats", ["JSON", "MerkleLog", "WallTime"], exclude: ["Schema"]),
        tests("DeliveryWire", ["EventFormats", "Gzip", "JSON", "MerkleLog", "WallTime", crypto]),
        tests(
            "ObjectStorage",
            ["TextEncoding", "WallTime", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix, nioSSL],
            exclude: ["Vectors"]
        ),
        // Stores of every engine for the tests.
        .target(name: "TestStores", dependencies: ["Storage"], path: "Tests/TestStores", swiftSettings: settings),
        // Receivers of what sinks deliver; the real ones where Debian has them.
        .target(
            name: "TestReceivers",
            dependencies: ["JSON", "NATS", "TestStores", nioCore, nioHTTP1, nioPosix, nioSSL],
            path: "Tests/TestReceivers",
            swiftSettings: settings
        ),
        // Signs requests as a client would.
        .target(
            name: "TestSigning",
            dependencies: ["TextEncoding", crypto],
            path: "Tests/TestSigning",
            swiftSettings: settings
        ),
        tests("Storage", ["TestStores"]),
        tests("Ledger", ["JSON", "MerkleLog", "Storage", "TestStores", "WallTime"]),
        tests("Measures"),
        tests("Traces", ["JSON", "Measures"], exclude: ["Schema"]),
        tests(
            "Identity",
            ["Approvals", "JSON", "Ledger", "MerkleLog", "Storage", "TestStores", "TextEncoding", "WallTime", crypto]
        ),
        tests(
            "Monitoring",
            [
                "Approvals", "DeliveryWire", "Detection", "Genesys", "JSON", "Ledger", "MerkleLog", "Sandbox",
                "Storage",
                "TestStores", "WallTime",
                asyncHTTPClient, logging, nioCore, nioHTTP1,
            ]
        ),
        tests(
            "Credentials",
            [
                "HTTPSignatures", "JSON", "Ledger", "MerkleLog", "Storage", "TestSigning", "TestStores", "TextEncoding",
                "WallTime", crypto,
            ]
        ),
        tests(
            "AuditTrail",
            ["Identity", "JSON", "Ledger", "MerkleLog", "Storage", "TestStores", "TextEncoding", "WallTime"]
        ),
        tests(
            "Gateway",
            [
                "AccessPolicy", "AuditTrail", "Credentials", "Genesys", "HTTPFraming", "Identity", "JSON", "Ledger",
                "Measures",
                "MerkleLog",
                "Redaction", "Sandbox", "Storage", "TestSigning", "Traces", "WallTime", asyncHTTPClient, crypto,
                logging, nioCore,
                nioHTTP1, nioPosix,
                nioSSL,
            ]
        ),
        tests(
            "Server",
            [
                "AccessPolicy", "AuditTrail", "Credentials", "Delivery", "Detection", "Monitoring", "DeliveryWire",
                "Gateway", "Identity", "JSON",
                "Ledger",
                "Measures",
                "MerkleLog",
                "Redaction", "Storage", "TestSigning", "TextEncoding", "WallTime", crypto, httpTypes, hummingbird,
                hummingbirdTesting,
                logging, nioCore, nioSSL,
            ]
        ),
        tests(
            "Delivery",
            [
                "DeliveryWire", "EventFormats", "JSON", "Ledger", "MerkleLog", "NATS", "ObjectStorage", "Sandbox",
                "Storage", "TestReceivers", "TestStores", "TextEncoding", "WallTime", asyncHTTPClient, crypto, logging,
                nioCore,
                nioHTTP1, nioPosix,
                nioSSL,
            ]
        ),
        tests("Detection", ["Approvals", "JSON", "WallTime"], exclude: ["Oracle"]),
        tests(
            "Settings",
            [
                "AccessPolicy", "Delivery", "DeliveryWire", "Detection", "EventFormats", "Gateway", "Genesys",
                "Identity", "JSON",
                "Ledger", "MerkleLog", "NATS", "PlatformFacts", "Redaction",
            ]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "JSON", "ObjectStorage", "Sandbox", "Storage", "TestReceivers", "TestSigning", "TestStores",
                asyncHTTPClient, crypto, nioCore, nioHTTP1,
            ],
            exclude: ["Faults", "Verifier", "openapi.sh"],
            swiftSettings: settings
        ),
        tests(
            "PlatformFacts",
            [
                "Detection", "Genesys", "JSON", "Ledger", "Measures", "MerkleLog", "Monitoring", "Sandbox", "Storage",
                "TestStores",
                "WallTime", asyncHTTPClient, logging, nioCore,
            ]
        ),
        tests("Genesys", ["JSON", "Sandbox", "WallTime", asyncHTTPClient, logging, nioCore]),
        tests(
            "Sandbox",
            [
                "DeliveryWire", "EventFormats", "Genesys", "Gzip", "JSON", "WallTime", asyncHTTPClient, nioCore,
                nioHTTP1,
            ]
        ),
    ]
)

// Built by scripts/fuzz only: libFuzzer brings the main function.
if Context.environment["MUNIMENT_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "RedactionFuzz",
            dependencies: ["JSON", "Redaction"],
            path: "Tests/Fuzz",
            exclude: ["Seeds", "redaction.dict"],
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]
        )
    )
}
