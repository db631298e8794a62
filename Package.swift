// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "hardening-operator",
    products: [
        .executable(name: "hardening-operator", targets: ["hardening-operator"]),
        .library(name: "KubernetesClient", targets: ["KubernetesAPI", "KubernetesClient"]),
        .library(name: "ControllerRuntime", targets: ["ControllerRuntime"]),
        .library(name: "PodSecurity", targets: ["KubernetesAPI", "PodSecurity"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        // The rooms, lowest first: a target may only import what stands above it here.
        // Their reasons are in docs/architecture.md.
        .target(name: "PrintableText", swiftSettings: settings),
        .systemLibrary(name: "CLibYAML", providers: [.apt(["libyaml-dev"])]),
        .target(name: "YAMLNodes", dependencies: ["CLibYAML"], swiftSettings: settings),
        .target(
            name: "PrometheusMetrics",
            dependencies: ["PrintableText", .product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: settings
        ),
        .target(name: "KubernetesAPI", dependencies: ["PrintableText"], swiftSettings: settings),
        .target(
            name: "KubernetesClient",
            dependencies: [
                "KubernetesAPI",
                "PrintableText",
                "YAMLNodes",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ControllerRuntime",
            dependencies: [
                "KubernetesAPI",
                "KubernetesClient",
                "PrintableText",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(name: "PodSecurity", dependencies: ["KubernetesAPI"], swiftSettings: settings),
        .target(
            name: "Hardening",
            dependencies: ["KubernetesAPI", "PodSecurity", "PrintableText"],
            swiftSettings: settings
        ),
        .target(
            name: "HardeningController",
            dependencies: [
                "ControllerRuntime",
                "Hardening",
                "KubernetesAPI",
                "KubernetesClient",
                "PodSecurity",
                "PrintableText",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "hardening-operator",
            dependencies: [
                "ControllerRuntime",
                "Hardening",
                "HardeningController",
                "KubernetesAPI",
                "KubernetesClient",
                "PodSecurity",
                "PrintableText",
                "PrometheusMetrics",
                "YAMLNodes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings,
            // Nobody looks up a symbol of the released program by its name: its table of them would be a tenth of it.
            linkerSettings: [
                .unsafeFlags(["-Xlinker", "--no-export-dynamic"], .when(platforms: [.linux], configuration: .release))
            ]
        ),

        // What the benchmarks, and the tests of what is kept in memory, fill clusters with.
        .target(
            name: "ClusterDocuments",
            dependencies: ["KubernetesAPI"],
            path: "Benchmarks/Documents",
            swiftSettings: settings
        ),
        // Measures it; scripts/bench runs this.
        .executableTarget(
            name: "bench",
            dependencies: [
                "ClusterDocuments",
                "Hardening",
                "HardeningController",
                "KubernetesAPI",
                "KubernetesClient",
                "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Benchmarks/Bench",
            swiftSettings: settings
        ),

        // Ring 1, pure, and ring 2, a scripted server on loopback.
        .testTarget(
            name: "PrintableTextTests",
            dependencies: ["TestSupport", "PrintableText"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "YAMLNodesTests",
            dependencies: ["TestSupport", "YAMLNodes", .product(name: "Yams", package: "Yams")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PrometheusMetricsTests",
            dependencies: [
                "TestSupport",
                "PrometheusMetrics",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "KubernetesAPITests",
            dependencies: ["TestSupport", "KubernetesAPI"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "KubernetesClientTests",
            dependencies: [
                "TestSupport",
                "KubernetesAPI",
                "KubernetesClient",
                "PrometheusMetrics",
                "ScriptedServer",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ControllerRuntimeTests",
            dependencies: [
                "TestSupport",
                "ControllerRuntime",
                "KubernetesAPI",
                "KubernetesClient",
                "PrometheusMetrics",
                "ScriptedServer",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PodSecurityTests",
            dependencies: ["KubernetesAPI", "PodSecurity"],
            resources: [.copy("Resources/pod-security-oracle.jsonl")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HardeningTests",
            dependencies: [
                "TestSupport", "Hardening", "KubernetesAPI", "PodSecurity", "PrintableText",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "OperatorCommandTests",
            dependencies: [
                "hardening-operator",
                "ClusterDocuments",
                "ControllerRuntime",
                "Hardening",
                "HardeningController",
                "HeapStatistics",
                "KubernetesAPI",
                "KubernetesClient",
                "PodSecurity",
                "PrintableText",
                "PrometheusMetrics",
                "ScriptedServer",
                "TestSupport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [.copy("Resources")],
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport",
            dependencies: [.product(name: "Logging", package: "swift-log")],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        // Swift's Glibc leaves malloc.h out.
        .target(name: "HeapStatistics", path: "Tests/HeapStatistics"),
        .target(
            name: "ScriptedServer",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/ScriptedServer",
            swiftSettings: settings
        ),
        // Between the operator and the real control plane, where things should go wrong.
        .target(
            name: "FaultProxy",
            dependencies: [
                "TestSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            path: "Tests/FaultProxy",
            swiftSettings: settings
        ),
        // Ring 3: the operator against a real control plane; scripts/test starts one.
        .testTarget(
            name: "ControlPlaneTests",
            dependencies: [
                "FaultProxy",
                "TestSupport",
                "hardening-operator",
                "ControllerRuntime",
                "Hardening",
                "HardeningController",
                "KubernetesAPI",
                "KubernetesClient",
                "PrintableText",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings
        ),
    ]
)

// scripts/sanitize builds all anew for each sanitizer, and leaves out what the tests that it runs do not need.
if Context.environment["HARDENING_UNIT_RING"] != nil {
    package.targets.removeAll { ["ControlPlaneTests", "FaultProxy", "bench"].contains($0.name) }
}
