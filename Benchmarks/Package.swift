// swift-tools-version:6.2
import PackageDescription

// A package of its own, so that who builds the operator neither fetches nor builds what only benchmarks need.
let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "hardening-operator", path: ".."),
        // Without its traits, which count allocations by a library that is preloaded.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "PodSecurityBenchmarks",
            dependencies: [
                .product(name: "PodSecurity", package: "hardening-operator"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/PodSecurity",
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        )
    ]
)
