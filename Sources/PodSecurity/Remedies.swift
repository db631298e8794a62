import KubernetesAPI

extension Remedy {
    /// What is to be changed of `pod` so that it passes `check` in version 1.`minor`; meant for one that fails it.
    ///
    /// Each is the smallest change that satisfies the standard, not one that keeps the program running: whoever needs
    /// what is taken away needs another way, or an exemption.
    static func remedies(for check: CheckID, in minor: Int, of pod: PodTemplateSpec) -> [Remedy] {
        switch check {
        case .appArmorProfile: appArmor(pod)
        case .capabilitiesBaseline: capabilities(pod, allowing: Check.defaultCapabilities, dropsAll: false)
        case .hostNamespaces: hostNamespaces(pod.spec)
        case .hostPathVolumes: hostPaths(pod.spec)
        case .hostPorts: hostPorts(pod.spec)
        case .hostProbesAndHostLifecycle: probeHosts(pod.spec)
        case .privileged: privileged(pod.spec)
        case .procMount, .procMountRestricted: procMount(pod.spec)
        case .seLinuxOptions: seLinux(pod.spec, minor)
        case .seccompProfileBaseline: minor < 19 ? seccompAnnotations(pod) : seccompProfiles(pod.spec)
        case .sysctls: sysctls(pod.spec, minor)
        case .windowsHostProcess: hostProcess(pod.spec)
        case .allowPrivilegeEscalation: escalation(pod.spec)
        case .capabilitiesRestricted: capabilities(pod, allowing: Check.netBindService, dropsAll: true)
        case .restrictedVolumes: volumes(pod.spec)
        case .runAsNonRoot: nonRoot(pod.spec)
        case .runAsUser: rootUser(pod.spec)
        case .seccompProfileRestricted: missingSeccompProfiles(pod.spec)
        }
    }

    // MARK: Of the pod

    private static func hostNamespaces(_ spec: PodSpec) -> [Remedy] {
        [("spec.hostNetwork", spec.hostNetwork), ("spec.hostPID", spec.hostPID), ("spec.hostIPC", spec.hostIPC)]
            .filter(\.1).map { .set($0.0, "false") }
    }

    private static func hostPaths(_ spec: PodSpec) -> [Remedy] {
        spec.volumes.enumerated().filter { $0.element.sources.contains("hostPath") }.map {
            .remove("spec.volumes[\($0.offset)].hostPath", of: $0.element.name)
        }
    }

    private static func volumes(_ spec: PodSpec) -> [Remedy] {
        spec.volumes.enumerated().filter { volume in
            !volume.element.sources.contains { $0.isOne(of: Check.allowedVolumeSources) }
        }.flatMap { volume in
            volume.element.sources.map {
                .remove("spec.volumes[\(volume.offset)].\($0)", of: volume.element.name)
            }
        }
    }

    private static func sysctls(_ spec: PodSpec, _ minor: Int) -> [Remedy] {
        let safe = Check.safeSysctls(in: minor)
        return (spec.securityContext?.sysctls ?? []).enumerated().filter { !($0.element.name ?? "").isOne(of: safe) }
            .map { .remove("spec.securityContext.sysctls[\($0.offset)]", of: $0.element.name ?? "") }
    }

    // MARK: Of containers

    private static func inContainers(
        _ spec: PodSpec,
        _ remedies: (_ container: Container, _ path: String) -> [Remedy]
    ) -> [Remedy] {
        var all: [Remedy] = []
        spec.forEachContainer { place, container in
            all += remedies(container, "\(place)").map {
                Remedy(subject: container.name, path: $0.path, value: $0.value)
            }
        }
        return all
    }

    private static func privileged(_ spec: PodSpec) -> [Remedy] {
        inContainers(spec) { container, path in
            container.securityContext?.privileged == true ? [.set("\(path).securityContext.privileged", "false")] : []
        }
    }

    private static func hostPorts(_ spec: PodSpec) -> [Remedy] {
        // The API server opens every port of a pod in the node's network.
        (spec.hostNetwork ? [.set("spec.hostNetwork", "false")] : [])
            + inContainers(spec) { container, path in
                container.ports.enumerated().filter { ($0.element.hostPort ?? 0) != 0 }.map {
                    .remove("\(path).ports[\($0.offset)].hostPort")
                }
            }
    }

    private static func probeHosts(_ spec: PodSpec) -> [Remedy] {
        inContainers(spec) { container, path in
            let handlers = [
                ("livenessProbe", container.livenessProbe), ("readinessProbe", container.readinessProbe),
                ("startupProbe", container.startupProbe), ("lifecycle.postStart", container.lifecycle?.postStart),
                ("lifecycle.preStop", container.lifecycle?.preStop),
            ]
            return handlers.flatMap { field, handler in
                [("httpGet", handler?.httpGet), ("tcpSocket", handler?.tcpSocket)]
                    .filter { $0.1?.host?.isEmpty == false }
                    .map { .remove("\(path).\(field).\($0.0).host") }
            }
        }
    }

    private static func capabilities(
        _ pod: PodTemplateSpec,
        allowing allowed: [String],
        dropsAll: Bool
    ) -> [Remedy] {
        inContainers(pod.spec) { container, path in
            let capabilities = container.securityContext?.capabilities
            let path = "\(path).securityContext.capabilities"
            var remedies: [Remedy] = []
            if dropsAll, !(capabilities?.drop ?? []).contains(where: { $0.isOne(of: Check.everything) }) {
                remedies.append(.set("\(path).drop", #"["ALL"]"#))
            }
            let added = capabilities?.add ?? []
            let kept = added.filter { $0.isOne(of: allowed) }
            if kept.count < added.count {
                remedies.append(
                    kept.isEmpty ? .remove("\(path).add") : .set("\(path).add", "[\(Wording.quoted(kept))]")
                )
            }
            return remedies
        }
    }

    private static func procMount(_ spec: PodSpec) -> [Remedy] {
        inContainers(spec) { container, path in
            guard let type = container.securityContext?.procMount, !type.isOne(of: Check.defaultMount) else {
                return []
            }
            return [.set("\(path).securityContext.procMount", "Default")]
        }
    }

    private static func escalation(_ spec: PodSpec) -> [Remedy] {
        inContainers(spec) { container, path in
            container.securityContext?.allowPrivilegeEscalation == false
                ? [] : [.set("\(path).securityContext.allowPrivilegeEscalation", "false")]
        }
    }

    // MARK: Of both

    private static func seLinux(_ spec: PodSpec, _ minor: Int) -> [Remedy] {
        let types = minor < 31 ? Check.containerTypes : Check.containerTypesSince31
        func remedies(_ options: SELinuxOptions?, _ path: String) -> [Remedy] {
            let path = "\(path).seLinuxOptions"
            return ((options?.type ?? "").isOne(of: types) ? [] : [.remove("\(path).type")])
                + (options?.user?.isEmpty == false ? [.remove("\(path).user")] : [])
                + (options?.role?.isEmpty == false ? [.remove("\(path).role")] : [])
        }
        return remedies(spec.securityContext?.seLinuxOptions, "spec.securityContext")
            + inContainers(spec) { remedies($0.securityContext?.seLinuxOptions, "\($1).securityContext") }
    }

    private static func hostProcess(_ spec: PodSpec) -> [Remedy] {
        func remedies(_ options: WindowsSecurityContextOptions?, _ path: String) -> [Remedy] {
            options?.hostProcess == true ? [.set("\(path).securityContext.windowsOptions.hostProcess", "false")] : []
        }
        return remedies(spec.securityContext?.windowsOptions, "spec")
            + inContainers(spec) { remedies($0.securityContext?.windowsOptions, $1) }
    }

    private static func nonRoot(_ spec: PodSpec) -> [Remedy] {
        let field = "securityContext.runAsNonRoot"
        let ofPod = spec.securityContext?.runAsNonRoot
        var isUnset = false
        let own = inContainers(spec) { container, path in
            isUnset = isUnset || container.securityContext?.runAsNonRoot == nil
            return container.securityContext?.runAsNonRoot == false ? [.set("\(path).\(field)", "true")] : []
        }
        // One setting of the pod's serves all containers that have none.
        return (ofPod == false || (ofPod == nil && isUnset) ? [.set("spec.\(field)", "true")] : []) + own
    }

    private static func rootUser(_ spec: PodSpec) -> [Remedy] {
        let field = "securityContext.runAsUser"
        return (spec.securityContext?.runAsUser == 0 ? [.remove("spec.\(field)")] : [])
            + inContainers(spec) { container, path in
                container.securityContext?.runAsUser == 0 ? [.remove("\(path).\(field)")] : []
            }
    }

    // MARK: Profiles

    private static func isForbidden(_ profile: SecurityProfile?) -> Bool {
        profile.map { !($0.type ?? "").isOne(of: SecurityProfile.allowedTypes) } ?? false
    }

    private static func profiles(
        _ spec: PodSpec,
        _ field: String,
        _ ofPod: SecurityProfile?,
        _ ofContainer: (SecurityContext) -> SecurityProfile?
    ) -> [Remedy] {
        let field = "securityContext.\(field).type"
        return (isForbidden(ofPod) ? [.set("spec.\(field)", "RuntimeDefault")] : [])
            + inContainers(spec) { container, path in
                isForbidden(container.securityContext.flatMap(ofContainer))
                    ? [.set("\(path).\(field)", "RuntimeDefault")] : []
            }
    }

    private static func appArmor(_ pod: PodTemplateSpec) -> [Remedy] {
        let annotations = pod.annotations.filter {
            $0.key.utf8.starts(with: AppArmorAnnotation.prefix.utf8) && !AppArmorAnnotation.isAllowed($0.value)
        }
        return profiles(pod.spec, "appArmorProfile", pod.spec.securityContext?.appArmorProfile, \.appArmorProfile)
            + annotations.keys.sorted().map {
                let container = String(Substring($0.utf8.dropFirst(AppArmorAnnotation.prefix.utf8.count)))
                return .set("metadata.annotations[\($0)]", "runtime/default", of: container)
            }
    }

    private static func seccompAnnotations(_ pod: PodTemplateSpec) -> [Remedy] {
        var keys = [(SeccompAnnotation.ofPod, nil as String?)]
        pod.spec.forEachContainer { keys.append((SeccompAnnotation.ofContainer + $1.name, $1.name)) }
        return keys.filter { pod.annotations[$0.0].map { !SeccompAnnotation.isAllowed($0) } ?? false }.map {
            .set("metadata.annotations[\($0.0)]", "runtime/default", of: $0.1)
        }
    }

    private static func seccompProfiles(_ spec: PodSpec) -> [Remedy] {
        profiles(spec, "seccompProfile", spec.securityContext?.seccompProfile, \.seccompProfile)
    }

    private static func missingSeccompProfiles(_ spec: PodSpec) -> [Remedy] {
        var isUnset = false
        spec.forEachContainer { _, container in
            isUnset = isUnset || container.securityContext?.seccompProfile == nil
        }
        let isMissing = isUnset && spec.securityContext?.seccompProfile == nil
        return (isMissing ? [.set("spec.securityContext.seccompProfile.type", "RuntimeDefault")] : [])
            + seccompProfiles(spec)
    }
}
