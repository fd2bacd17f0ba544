// swift-tools-version:6.2
import PackageDescription

// tools/test sets RLS_STRICT; a site that builds with a newer compiler is not stopped by its new warnings.
let strict = Context.environment["RLS_STRICT"] != nil

let settings: [SwiftSetting] =
    [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility")]
    + (strict ? [.treatAllWarnings(as: .error)] : [])

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(_ name: String) -> Target {
    .executableTarget(name: name, dependencies: ["RLSCommands"], swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies + ["RLSTestSupport"],
        path: "Tests/\(name)Tests", exclude: exclude, resources: resources, swiftSettings: settings)
}

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let locks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let deques: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let web: [Target.Dependency] = [
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
]

let package = Package(
    name: "replica-location-service",
    products: [
        .library(name: "RLSClient", targets: ["RLSCore", "RLSClient"]),
        .executable(name: "rls-server", targets: ["rls-server"]),
        .executable(name: "rls-cli", targets: ["rls-cli"]),
        .executable(name: "rls-admin", targets: ["rls-admin"]),
        .executable(name: "ldr", targets: ["ldr"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        // Layer 0: C libraries, one module each.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CEditline", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),
        .systemLibrary(
            name: "CGlobusGSSAPI", pkgConfig: "globus-gssapi-gsi", providers: [.apt(["libglobus-gssapi-gsi-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CVOMS", pkgConfig: "voms-2.0", providers: [.apt(["voms-dev"])]),
        // Layer 1: names and values. No NIO, no Foundation.
        library("RLSCore"),
        // Layer 2
        library("RLSWire", ["RLSCore", nioCore]),
        library("RLSSecurity", ["RLSCore", locks, "CGlobusGSSAPI", "CVOMS", nioCore, nioPosix]),
        library("RLSStorage", ["RLSCore", locks, nioPosix]),
        library("RLSFilter", ["RLSCore", locks, "CXXHash"]),
        .target(
            name: "RLSSchema", path: "schema",
            // For operators.
            exclude: ["postgresql/move-partition.sql", "postgresql/receive-partition.sql"],
            resources: [
                .embedInCode("sqlite/001-catalog.sql"), .embedInCode("sqlite/002-identity.sql"),
                .embedInCode("sqlite/index/001-index.sql"),
                .embedInCode("postgresql/001-lrc.sql"), .embedInCode("postgresql/001-rli.sql"),
                .embedInCode("postgresql/001-ldr.sql"),
                .embedInCode("ldr/001-metadata.sql"), .embedInCode("ldr/001-work.sql"),
            ], swiftSettings: settings),
        // Layer 3: configuration, drivers and the client
        library("RLSConfiguration", ["RLSCore", locks, "RLSSecurity"]),
        library("RLSStorageSQLite", ["RLSCore", locks, "RLSStorage", "RLSSchema", "CSQLite", logging]),
        library(
            "RLSStoragePostgreSQL",
            ["RLSCore", locks, "RLSStorage", "RLSSchema", "CPostgreSQL", nioPosix, logging]),
        library("RLSClient", ["RLSCore", locks, "RLSWire", "RLSSecurity", nioCore, nioPosix, deques]),
        // Layer 4
        library(
            "RLSSoftState",
            [
                "RLSCore", "RLSWire", "RLSFilter", "RLSSecurity", "RLSStorage", "RLSConfiguration", "RLSClient",
                nioCore,
                nioPosix, locks, logging, lifecycle,
            ]),
        // Layer 5
        library(
            "RLSServer",
            [
                "RLSCore", "RLSWire", "RLSSecurity", "RLSStorage", "RLSConfiguration", "RLSSoftState", nioCore,
                nioPosix,
                locks, logging, lifecycle,
            ]),
        library(
            "LDR",
            [
                "RLSCore", "RLSClient", "RLSStorage", "RLSStorageSQLite", "RLSStoragePostgreSQL", "CZlib",
                "COpenSSL", "CLinux", nioCore, nioPosix, locks, logging, lifecycle, subprocess, system,
            ]),
        // Layer 6
        library(
            "RLSCommands",
            [
                "RLSServer", "RLSSoftState", "RLSFilter", "RLSStorageSQLite", "RLSStoragePostgreSQL", "RLSClient",
                "CEditline",
                nioCore, locks, arguments,
                logging,
                lifecycle,
                signals,
            ]),
        library(
            "LDRCommands",
            [
                "LDR", "RLSClient", "RLSCore", "RLSStorage", arguments, logging, lifecycle, signals, subprocess, system,
                nioCore, nioPosix, locks,
            ] + web),
        .executableTarget(name: "ldr", dependencies: ["LDRCommands"], swiftSettings: settings),
        // For tools/bench.
        .executableTarget(name: "ldr-load", dependencies: ["LDR", "RLSCore", arguments], swiftSettings: settings),
        program("rls-server"),
        program("rls-cli"),
        program("rls-admin"),
        .target(
            name: "RLSTestSupport", dependencies: ["RLSCore", "RLSStorage", locks, subprocess, system],
            path: "Tests/RLSTestSupport", swiftSettings: settings),
        tests("RLSCore", ["RLSCore"]),
        tests("RLSWire", ["RLSWire", nioCore]),
        tests("RLSSecurity", ["RLSSecurity", "RLSCore", nioCore]),
        tests("RLSConfiguration", ["RLSConfiguration", "RLSSecurity"]),
        tests("RLSStorage", [locks, "RLSStorage", "RLSStorageSQLite", logging]),
        tests("RLSStoragePostgreSQL", [locks, "RLSStorage", "RLSStoragePostgreSQL", logging, nioCore, nioPosix]),
        tests("RLSFilter", ["RLSFilter", "RLSCore", locks]),
        tests(
            "RLSSoftState",
            [
                "RLSSoftState", "RLSFilter", "RLSWire", "RLSStorageSQLite", "RLSStoragePostgreSQL", locks, logging,
                nioCore,
            ]),
        tests(
            "RLSCommands",
            ["RLSCommands", "RLSCore", "RLSStorage", "RLSStorageSQLite", "RLSStoragePostgreSQL", logging]),
        tests(
            "LDR",
            [
                "LDR", "LDRCommands", "RLSCore", "RLSStorage", "RLSStorageSQLite", "RLSStoragePostgreSQL", logging,
                system,
            ]),
        tests("RLSServer", [locks, "RLSServer", "RLSWire", "RLSStorageSQLite", nioCore, logging, lifecycle]),
        tests(
            "RLSIntegration",
            [locks, "RLSClient", "RLSStorageSQLite", "RLSWire", "rls-server", "rls-cli", "rls-admin", "ldr"],
            exclude: ["Peers"],
            resources: [.copy("Data")]),
    ],
    swiftLanguageModes: [.v6]
)
