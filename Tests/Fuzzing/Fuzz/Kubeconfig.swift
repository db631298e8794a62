@testable import KubernetesClient

/// A kubeconfig, and all that its contexts amount to.
func fuzzKubeconfig(_ input: Input) {
    let kubeconfig: Kubeconfig
    do {
        kubeconfig = try Kubeconfig(parsing: Array(input.bytes), file: "/nowhere/config")
    } catch {
        return law("\(error)".contains("/nowhere/config"), "nobody is told which file is broken")
    }
    var merged = kubeconfig
    merged.merge(kubeconfig)
    law(merged.contexts.keys == kubeconfig.contexts.keys, "a file merged with itself is another")
    for name in kubeconfig.contexts.keys {
        guard let configuration = try? kubeconfig.configuration(context: name) else { continue }
        law(ServerURL.normalized(configuration.server) == configuration.server, "an address is not in its normal form")
        let isBare: Bool = if case .none = configuration.credentials { true } else { false }
        law(ServerURL.isSecure(configuration.server) || isBare, "credentials go over plain http")
        law(
            !configuration.insecureSkipTLSVerify || configuration.certificateAuthority == nil,
            "a contradiction is taken"
        )
        // A file is not there to be read.
        if case .exec(let exec) = configuration.credentials, configuration.certificateAuthority == nil {
            _ = try? exec.execInfo(for: configuration)
        }
    }
}
