import Foundation
import KubernetesAPI
import KubernetesClient
import Logging

/// A control plane that `scripts/control-plane` has made, of which etcd's data can be kept and put back.
///
/// Of it, only etcd and the API server run: the other controllers would work on pods that no node runs, at the expense of
/// what is measured.
struct Cluster: Sendable {
    /// The control plane's directory.
    let directory: String
    /// `scripts/control-plane`.
    let script: String

    var auditLog: AuditLog { AuditLog(file: "\(directory)/audit.log") }

    /// Runs `body` on a server with etcd's data as it was kept under `name`, or as it stands now. It goes on
    /// running, until the next run or ``stop()``.
    func run<Result>(on name: String? = nil, _ body: (KubernetesClient) async throws -> Result) async throws -> Result {
        try await stop()
        if let name {
            try await Command.run("rm", "-rf", "\(directory)/etcd", auditLog.file)
            try await Command.run("cp", "-a", "--reflink=auto", copy(name), "\(directory)/etcd")
        }
        try await Command.run(script, "start", "etcd", "kube-apiserver", "--dir", directory)
        // Its caches are filled after it calls itself ready.
        try await ProcessFigures.untilIdle(process("kube-apiserver"), below: 0.1)
        return try await withClient(body)
    }

    /// Runs `body` with an administrator's client that nobody else uses.
    func withClient<Result>(_ body: (KubernetesClient) async throws -> Result) async throws -> Result {
        let client = try Self.client(kubeconfig: "\(directory)/admin.conf")
        let result: Result
        do {
            result = try await body(client)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
        return result
    }

    /// Stops what runs of it.
    func stop() async throws {
        try await Command.run(
            script,
            "stop",
            "kube-controller-manager",
            "kube-apiserver",
            "etcd",
            "--dir",
            directory
        )
    }

    /// Keeps etcd's data as it stands under `name`; to be called while nothing runs.
    func keep(as name: String) async throws {
        try await Command.run("mkdir", "-p", "\(directory)/copies")
        try await Command.run("rm", "-rf", copy(name))
        try await Command.run("cp", "-a", "--reflink=auto", "\(directory)/etcd", copy(name))
    }

    /// Frees what is no longer needed.
    func forget(_ name: String) async throws { try await Command.run("rm", "-rf", copy(name)) }

    private func copy(_ name: String) -> String { "\(directory)/copies/\(name)" }

    /// The process id of one of its programs.
    func process(_ program: String) throws -> Int32 {
        let text = try String(contentsOfFile: "\(directory)/run/\(program).pid", encoding: .utf8)
        guard let process = text.split(separator: " ").first.flatMap({ Int32($0) }) else {
            throw Failure("\(directory)/run/\(program).pid names no process: \(text)")
        }
        return process
    }

    /// What API server and etcd have used of processor time since they were started, in seconds.
    func cpuSeconds() throws -> Double {
        try ["kube-apiserver", "etcd"].reduce(0) { try $0 + ProcessFigures.cpuSeconds(of: process($1)) }
    }

    /// Has etcd forget all that was and give the space back (etcd API, `KV.Compact` and `Maintenance.Defragment`, over its
    /// JSON gateway), so that copies hold no more than what is there.
    func compact(to version: ResourceVersion) async throws {
        try await etcd("kv/compaction", #"{"revision":"\#(version)","physical":true}"#)
        try await etcd("maintenance/defragment", "{}")
    }

    private func etcd(_ path: String, _ body: String) async throws {
        let ports = try String(contentsOfFile: "\(directory)/ports", encoding: .utf8)
        guard
            let port = ports.split(separator: "\n").first(where: { $0.hasPrefix("etcd ") })?.split(separator: " ").last
        else { throw Failure("\(directory)/ports names no port of etcd") }
        try await Command.run(
            "curl",
            "--silent",
            "--show-error",
            "--fail",
            "--cacert",
            "\(directory)/pki/etcd-ca.crt",
            "--cert",
            "\(directory)/pki/etcd.crt",
            "--key",
            "\(directory)/pki/etcd.key",
            "--data",
            body,
            "https://127.0.0.1:\(port)/v3/\(path)"
        )
    }

    /// A client by a kubeconfig of this cluster.
    static func client(kubeconfig: String) throws -> KubernetesClient {
        let configuration = try ClusterConfiguration.load(
            kubeconfig: kubeconfig,
            context: nil,
            environment: [:],
            homeDirectory: ""
        )
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        return try KubernetesClient(configuration: configuration, userAgent: "hardening-bench/0", logger: logger)
    }
}
