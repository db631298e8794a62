// Both sides of each check of baseline, in the order of the standard.
let baselineCases: [CheckCase] = [
    .passes(.privileged, container(#"{"privileged":false}"#)),
    .passes(.privileged, container(#"{"privileged":null}"#)),
    .fails(
        .privileged,
        container(#"{"privileged":true}"#),
        #"privileged (container "a" must not set securityContext.privileged=true)"#
    ),
    .fails(
        .privileged,
        all("{}", #"{"privileged":true}"#, #"{"privileged":true}"#, "{}", #"{"privileged":true}"#),
        #"privileged (containers "i", "a", "e" must not set securityContext.privileged=true)"#
    ),

    .passes(.hostNamespaces, #"{"spec":{"hostNetwork":false,"hostPID":false,"hostIPC":null}}"#),
    .fails(.hostNamespaces, #"{"spec":{"hostNetwork":true}}"#, "host namespaces (hostNetwork=true)"),
    .fails(.hostNamespaces, #"{"spec":{"hostPID":true}}"#, "host namespaces (hostPID=true)"),
    .fails(.hostNamespaces, #"{"spec":{"hostIPC":true}}"#, "host namespaces (hostIPC=true)"),
    .fails(
        .hostNamespaces,
        #"{"spec":{"hostIPC":true,"hostPID":true,"hostNetwork":true}}"#,
        "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)"
    ),

    .passes(.hostPathVolumes, volumes(#"{"name":"v","emptyDir":{}},{"name":"w","hostPath":null}"#)),
    .fails(.hostPathVolumes, volumes(#"{"name":"v","hostPath":{}}"#), #"hostPath volumes (volume "v")"#),
    .fails(
        .hostPathVolumes,
        volumes(#"{"name":"w","hostPath":{"path":"/"}},{"name":"c","csi":{}},{"name":"v","hostPath":{"path":"/"}}"#),
        #"hostPath volumes (volumes "w", "v")"#
    ),

    .passes(.hostPorts, with(#""ports":[{"containerPort":80},{"containerPort":81,"hostPort":0}]"#)),
    .fails(
        .hostPorts,
        with(#""ports":[{"containerPort":80,"hostPort":80}]"#),
        #"hostPort (container "a" uses hostPort 80)"#
    ),
    .fails(
        .hostPorts,
        #"""
        {"spec":{"containers":[{"name":"b","ports":[{"hostPort":9},{"hostPort":80}]}],
        "initContainers":[{"name":"i","ports":[{"hostPort":80},{"hostPort":443}]}]}}
        """#,
        #"hostPort (containers "i", "b" use hostPorts 443, 80, 9)"#
    ),

    .passes(.hostProbesAndHostLifecycle, with(#""livenessProbe":{"httpGet":{"port":1}}"#)),
    .passes(.hostProbesAndHostLifecycle, with(#""livenessProbe":{"httpGet":{"port":1,"host":""}}"#)),
    .passes(.hostProbesAndHostLifecycle, with(#""lifecycle":{"preStop":{"exec":{"command":["host"]}}}"#)),
    .passes(.hostProbesAndHostLifecycle, with(#""readinessProbe":{"grpc":{"port":1,"service":"host"}}"#)),
    .fails(
        .hostProbesAndHostLifecycle,
        34...36,
        with(#""livenessProbe":{"httpGet":{"host":"127.0.0.1"}}"#),
        #"probe or lifecycle host (container "a" uses probe or lifecycle host "127.0.0.1")"#
    ),
    .fails(
        .hostProbesAndHostLifecycle,
        34...36,
        with(#""livenessProbe":{"tcpSocket":{"host":"::1"}}"#),
        #"probe or lifecycle host (container "a" uses probe or lifecycle host "::1")"#
    ),
    .fails(
        .hostProbesAndHostLifecycle,
        34...36,
        with(#""readinessProbe":{"httpGet":{"host":"h"}}"#),
        #"probe or lifecycle host (container "a" uses probe or lifecycle host "h")"#
    ),
    .fails(
        .hostProbesAndHostLifecycle,
        34...36,
        with(#""startupProbe":{"httpGet":{"host":"h"}}"#),
        #"probe or lifecycle host (container "a" uses probe or lifecycle host "h")"#
    ),
    .fails(
        .hostProbesAndHostLifecycle,
        34...36,
        with(#""lifecycle":{"postStart":{"httpGet":{"host":"h"}}}"#),
        #"probe or lifecycle host (container "a" uses probe or lifecycle host "h")"#
    ),
    // Containers, too, are sorted by name here.
    .fails(
        .hostProbesAndHostLifecycle,
        34...36,
        #"""
        {"spec":{"containers":[{"name":"b","lifecycle":{"preStop":{"tcpSocket":{"host":"y"}}}}],
        "ephemeralContainers":[{"name":"a","readinessProbe":{"httpGet":{"host":"y"},"tcpSocket":{"host":"x"}}}],
        "initContainers":[{"name":"i","startupProbe":{"httpGet":{"host":"z"}}}]}}
        """#,
        #"probe or lifecycle host (containers "a", "b", "i" use probe or lifecycle hosts "x", "y", "z")"#
    ),

    .passes(
        .capabilitiesBaseline,
        container(
            #"""
            {"capabilities":{"drop":["NET_RAW"],"add":["AUDIT_WRITE","CHOWN","DAC_OVERRIDE","FOWNER","FSETID","KILL",
            "MKNOD","NET_BIND_SERVICE","SETFCAP","SETGID","SETPCAP","SETUID","SYS_CHROOT"]}}
            """#
        )
    ),
    .passes(.capabilitiesBaseline, container(#"{"capabilities":{"add":null}}"#)),
    .fails(
        .capabilitiesBaseline,
        container(#"{"capabilities":{"add":["NET_RAW","CHOWN"]}}"#),
        #"non-default capabilities (container "a" must not include "NET_RAW" in securityContext.capabilities.add)"#
    ),
    .fails(
        .capabilitiesBaseline,
        all(
            "{}",
            #"{"capabilities":{"add":["chown"]}}"#,
            #"{"capabilities":{"add":["CAP_KILL","chown"]}}"#,
            "{}",
            "{}"
        ),
        #"non-default capabilities (containers "i", "a" must not include "CAP_KILL", "chown" in securityContext.capabilities.add)"#
    ),

    .passes(.appArmorProfile, ofPod(#"{"appArmorProfile":{"type":"RuntimeDefault"}}"#)),
    .passes(.appArmorProfile, container(#"{"appArmorProfile":{"type":"Localhost","localhostProfile":"p"}}"#)),
    .passes(
        .appArmorProfile,
        annotated(
            #"""
            "container.apparmor.security.beta.kubernetes.io/a":"","container.apparmor.security.beta.kubernetes.io/b":
            "runtime/default","container.apparmor.security.beta.kubernetes.io/c":"localhost/"
            """#
        )
    ),
    .fails(
        .appArmorProfile,
        ofPod(#"{"appArmorProfile":{"type":"Unconfined"}}"#),
        #"forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")"#
    ),
    .fails(
        .appArmorProfile,
        container(#"{"appArmorProfile":{}}"#),
        #"forbidden AppArmor profile (container "a" must not set AppArmor profile type to "")"#
    ),
    .fails(
        .appArmorProfile,
        annotated(#""container.apparmor.security.beta.kubernetes.io/none":"unconfined""#),
        #"forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/none="unconfined"")"#
    ),
    .fails(
        .appArmorProfile,
        #"""
        {"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/b":"x\n\"y\"",
        "container.apparmor.security.beta.kubernetes.io/a":"runtime/defaults"}},"spec":{"securityContext":
        {"appArmorProfile":{"type":"Unconfined"}},"containers":[{"name":"a","securityContext":{"appArmorProfile":
        {"type":"Other"}}}]}}
        """#,
        #"forbidden AppArmor profiles (pod and container "a" and annotations must not set AppArmor profile type to "Other", "Unconfined", "container.apparmor.security.beta.kubernetes.io/a="runtime/defaults"", "container.apparmor.security.beta.kubernetes.io/b="x\n\"y\""")"#
    ),

    .passes(.seLinuxOptions, ofPod(#"{"seLinuxOptions":{"type":"","user":"","role":"","level":"s0:c1,c2"}}"#)),
    .passes(.seLinuxOptions, container(#"{"seLinuxOptions":{"type":"container_t"}}"#)),
    .passes(.seLinuxOptions, container(#"{"seLinuxOptions":{"type":"container_init_t"}}"#)),
    .passes(.seLinuxOptions, container(#"{"seLinuxOptions":{"type":"container_kvm_t"}}"#)),
    .fails(
        .seLinuxOptions,
        0...30,
        container(#"{"seLinuxOptions":{"type":"container_engine_t"}}"#),
        #"seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "container_engine_t")"#
    ),
    .fails(
        .seLinuxOptions,
        ofPod(#"{"seLinuxOptions":{"user":"u"}}"#),
        "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: user may not be set)"
    ),
    .fails(
        .seLinuxOptions,
        ofPod(#"{"seLinuxOptions":{"role":"r"}}"#),
        "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: role may not be set)"
    ),
    .fails(
        .seLinuxOptions,
        all(
            #"{"seLinuxOptions":{"type":"spc_t","role":"r"}}"#,
            #"{"seLinuxOptions":{"type":"container_t"}}"#,
            #"{"seLinuxOptions":{"type":"other_t","user":"u"}}"#,
            "{}",
            #"{"seLinuxOptions":{"type":"spc_t"}}"#
        ),
        #"seLinuxOptions (pod and containers "a", "e" set forbidden securityContext.seLinuxOptions: types "other_t", "spc_t"; user may not be set; role may not be set)"#
    ),

    .passes(.procMount, container(#"{"procMount":"Default"}"#)),
    .passes(.procMount, container(#"{"procMount":null}"#)),
    .fails(
        .procMount,
        container(#"{"procMount":"Unmasked"}"#),
        #"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#
    ),
    .fails(
        .procMount,
        0...34,
        with(#""securityContext":{"procMount":"Unmasked"}"#, #","hostUsers":false"#),
        #"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#
    ),
    .fails(
        .procMount,
        with(#""securityContext":{"procMount":"Unmasked"}"#, #","hostUsers":true"#),
        #"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#
    ),

    .passes(.sysctls, ofPod(#"{"sysctls":[]}"#)),
    .passes(.sysctls, ofPod(#"{"sysctls":null}"#)),
    .passes(
        .sysctls,
        ofPod(
            #"""
            {"sysctls":[{"name":"kernel.shm_rmid_forced"},{"name":"net.ipv4.ip_local_port_range"},
            {"name":"net.ipv4.tcp_syncookies"},{"name":"net.ipv4.ping_group_range"},
            {"name":"net.ipv4.ip_unprivileged_port_start"}]}
            """#
        )
    ),
    .fails(
        .sysctls,
        0...26,
        ofPod(#"{"sysctls":[{"name":"net.ipv4.ip_local_reserved_ports"}]}"#),
        "forbidden sysctls (net.ipv4.ip_local_reserved_ports)"
    ),
    .fails(
        .sysctls,
        0...28,
        ofPod(
            #"""
            {"sysctls":[{"name":"net.ipv4.tcp_keepalive_time"},{"name":"net.ipv4.tcp_fin_timeout"},
            {"name":"net.ipv4.tcp_keepalive_intvl"},{"name":"net.ipv4.tcp_keepalive_probes"}]}
            """#
        ),
        "forbidden sysctls (net.ipv4.tcp_keepalive_time, net.ipv4.tcp_fin_timeout, net.ipv4.tcp_keepalive_intvl, net.ipv4.tcp_keepalive_probes)"
    ),
    .fails(
        .sysctls,
        0...31,
        ofPod(#"{"sysctls":[{"name":"net.ipv4.tcp_wmem"},{"name":"net.ipv4.tcp_rmem"},{"name":"net.ipv4.tcp_wmem"}]}"#),
        "forbidden sysctls (net.ipv4.tcp_wmem, net.ipv4.tcp_rmem, net.ipv4.tcp_wmem)"
    ),
    .fails(
        .sysctls,
        ofPod(#"{"sysctls":[{"name":"kernel.msgmax"},{"name":"net/ipv4/tcp_syncookies"}]}"#),
        "forbidden sysctls (kernel.msgmax, net/ipv4/tcp_syncookies)"
    ),

    .passes(.windowsHostProcess, ofPod(#"{"windowsOptions":{"hostProcess":false}}"#)),
    .passes(.windowsHostProcess, container(#"{"windowsOptions":{}}"#)),
    .fails(
        .windowsHostProcess,
        container(#"{"windowsOptions":{"hostProcess":true}}"#),
        #"hostProcess (container "a" must not set securityContext.windowsOptions.hostProcess=true)"#
    ),
    .fails(
        .windowsHostProcess,
        all(
            #"{"windowsOptions":{"hostProcess":true}}"#,
            "{}",
            #"{"windowsOptions":{"hostProcess":false}}"#,
            #"{"windowsOptions":{"hostProcess":true}}"#,
            "{}"
        ),
        #"hostProcess (pod and container "b" must not set securityContext.windowsOptions.hostProcess=true)"#
    ),

    // By annotation before v1.19, by field from then on.
    .passes(.seccompProfileBaseline, ofPod(#"{"seccompProfile":{"type":"RuntimeDefault"}}"#)),
    .passes(.seccompProfileBaseline, container(#"{"seccompProfile":{"type":"Localhost"}}"#)),
    .passes(
        .seccompProfileBaseline,
        annotated(
            #"""
            "seccomp.security.alpha.kubernetes.io/pod":"docker/default",
            "container.seccomp.security.alpha.kubernetes.io/a":"runtime/default",
            "container.seccomp.security.alpha.kubernetes.io/b":"localhost/x",
            "container.seccomp.security.alpha.kubernetes.io/none":"unconfined"
            """#
        )
    ),
    .fails(
        .seccompProfileBaseline,
        0...18,
        annotated(#""seccomp.security.alpha.kubernetes.io/pod":"""#),
        #"seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="")"#
    ),
    .fails(
        .seccompProfileBaseline,
        0...18,
        annotated(
            #"""
            "seccomp.security.alpha.kubernetes.io/pod":"unconfined",
            "container.seccomp.security.alpha.kubernetes.io/b":"unconfined",
            "container.seccomp.security.alpha.kubernetes.io/a":"localhost"
            """#
        ),
        #"seccompProfile (forbidden annotations container.seccomp.security.alpha.kubernetes.io/a="localhost", container.seccomp.security.alpha.kubernetes.io/b="unconfined", seccomp.security.alpha.kubernetes.io/pod="unconfined")"#
    ),
    .fails(
        .seccompProfileBaseline,
        19...36,
        ofPod(#"{"seccompProfile":{"type":"Unconfined"}}"#),
        #"seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")"#
    ),
    .fails(
        .seccompProfileBaseline,
        19...36,
        all(
            #"{"seccompProfile":{"type":"Unconfined"}}"#,
            #"{"seccompProfile":{"type":"Odd"}}"#,
            #"{"seccompProfile":{"type":"RuntimeDefault"}}"#,
            "{}",
            #"{"seccompProfile":{}}"#
        ),
        #"seccompProfile (pod and containers "i", "e" must not set securityContext.seccompProfile.type to "", "Odd", "Unconfined")"#
    ),
]
