// swift-tools-version:6.2
import PackageDescription

// A package of its own, over the same sources (`Sources` is a link), so that everything is built with the fuzzer's
// instrumentation and nothing that only the network needs is built at all. scripts/fuzz builds it.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "fuzzing",
    targets: [
        .target(name: "PrintableText", swiftSettings: settings),
        .systemLibrary(name: "CLibYAML", providers: [.apt(["libyaml-dev"])]),
        .target(name: "YAMLNodes", dependencies: ["CLibYAML"], swiftSettings: settings),
        .target(name: "KubernetesAPI", dependencies: ["PrintableText"], swiftSettings: settings),
        .target(
            name: "KubernetesClient",
            dependencies: ["KubernetesAPI", "PrintableText", "YAMLNodes"],
            exclude: [
                "BodyConsumers.swift",
                "Collected.swift",
                "Configuration/CredentialSource.swift",
                "Configuration/ExecPlugin.swift",
                "Configuration/SharedRefresh.swift",
                "Connections.swift",
                "Exchange.swift",
                "Heartbeat.swift",
                "ImpersonationHeaders.swift",
                "KubernetesClient.swift",
                "Request.swift",
                "RequestMetrics.swift",
                "Skimming.swift",
                "TCPKeepAlive.swift",
                "Transport.swift",
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
            name: "Manifests",
            dependencies: ["Hardening", "KubernetesAPI", "KubernetesClient", "PrintableText", "YAMLNodes"],
            path: "Sources/hardening-operator/Audit",
            exclude: [
                "Audit.swift",
                "AuditCommand.swift",
                "AuditProgress.swift",
                "PodSecurityAudit.swift",
                "ProfileAudit.swift",
                "Report/AuditReport.swift",
                "Report/JUnitReport.swift",
                "Report/RecordReport.swift",
                "Report/SARIFReport.swift",
                "Report/TableReport.swift",
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "Hardening", "KubernetesAPI", "KubernetesClient", "Manifests", "PodSecurity", "PrintableText",
            ],
            path: "Fuzz",
            swiftSettings: settings
        ),
    ]
)
