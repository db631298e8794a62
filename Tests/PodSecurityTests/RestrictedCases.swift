// Both sides of each check of restricted, in the order of the standard.
let restrictedCases: [CheckCase] = [
    .passes(.allowPrivilegeEscalation, container(#"{"allowPrivilegeEscalation":false}"#)),
    .fails(
        .allowPrivilegeEscalation,
        8...36,
        container(#"{"allowPrivilegeEscalation":true}"#),
        #"allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)"#
    ),
    .fails(
        .allowPrivilegeEscalation,
        8...36,
        all("{}", "{}", #"{"allowPrivilegeEscalation":false}"#, "{}", "null"),
        #"allowPrivilegeEscalation != false (containers "i", "b", "e" must set securityContext.allowPrivilegeEscalation=false)"#
    ),
    .fails(
        .allowPrivilegeEscalation,
        8...24,
        with(#""image":"x""#, #","os":{"name":"windows"}"#),
        #"allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)"#
    ),
    .fails(
        .allowPrivilegeEscalation,
        8...36,
        with(#""image":"x""#, #","os":{"name":"linux"}"#),
        #"allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)"#
    ),

    .passes(.capabilitiesRestricted, container(#"{"capabilities":{"drop":["KILL","ALL"]}}"#)),
    .passes(.capabilitiesRestricted, container(#"{"capabilities":{"drop":["ALL"],"add":["NET_BIND_SERVICE"]}}"#)),
    .fails(
        .capabilitiesRestricted,
        22...36,
        container(#"{"capabilities":{"drop":["all"]}}"#),
        #"unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"])"#
    ),
    .fails(
        .capabilitiesRestricted,
        22...36,
        container(#"{"capabilities":{"drop":["ALL"],"add":["CHOWN","NET_BIND_SERVICE","AUDIT_WRITE","CHOWN"]}}"#),
        #"unrestricted capabilities (container "a" must not include "AUDIT_WRITE", "CHOWN" in securityContext.capabilities.add)"#
    ),
    .fails(
        .capabilitiesRestricted,
        22...36,
        all("{}", "null", #"{"capabilities":{}}"#, #"{"capabilities":{"drop":["ALL"],"add":["ALL"]}}"#, "{}"),
        #"unrestricted capabilities (containers "i", "a", "e" must set securityContext.capabilities.drop=["ALL"]; container "b" must not include "ALL" in securityContext.capabilities.add)"#
    ),
    .fails(
        .capabilitiesRestricted,
        22...24,
        with(#""image":"x""#, #","os":{"name":"windows"}"#),
        #"unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"])"#
    ),

    .passes(.procMountRestricted, container(#"{"procMount":"Default"}"#)),
    .fails(
        .procMountRestricted,
        35...36,
        with(#""securityContext":{"procMount":"Unmasked"}"#, #","hostUsers":false"#),
        #"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#
    ),
    .fails(
        .procMountRestricted,
        35...36,
        all("{}", #"{"procMount":"Unmasked"}"#, #"{"procMount":""}"#, "{}", "{}"),
        #"procMount (containers "i", "a" must not set securityContext.procMount to "", "Unmasked")"#
    ),

    .passes(
        .restrictedVolumes,
        volumes(
            #"""
            {"name":"a","configMap":{}},{"name":"b","csi":{}},{"name":"c","downwardAPI":{}},{"name":"d","emptyDir":{}},
            {"name":"e","ephemeral":{}},{"name":"f","image":{}},{"name":"g","persistentVolumeClaim":{}},
            {"name":"h","projected":{}},{"name":"i","secret":{}}
            """#
        )
    ),
    // The API server makes it an emptyDir.
    .passes(.restrictedVolumes, volumes(#"{"name":"v"}"#)),
    .fails(
        .restrictedVolumes,
        volumes(#"{"name":"v","ofTheFuture":{}}"#),
        #"restricted volume types (volume "v" uses restricted volume type "unknown")"#
    ),
    .fails(
        .restrictedVolumes,
        volumes(#"{"name":"w","nfs":{}},{"name":"v","hostPath":{}},{"name":"u","nfs":{}},{"name":"s","secret":{}}"#),
        #"restricted volume types (volumes "w", "v", "u" use restricted volume types "hostPath", "nfs")"#
    ),

    .passes(.runAsNonRoot, container(#"{"runAsNonRoot":true}"#)),
    .passes(.runAsNonRoot, ofPod(#"{"runAsNonRoot":true}"#)),
    .fails(
        .runAsNonRoot,
        container("{}"),
        #"runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)"#
    ),
    .fails(
        .runAsNonRoot,
        all("{}", "{}", #"{"runAsNonRoot":true}"#, "{}", "{}"),
        #"runAsNonRoot != true (pod or containers "i", "b", "e" must set securityContext.runAsNonRoot=true)"#
    ),
    .fails(
        .runAsNonRoot,
        all(
            #"{"runAsNonRoot":false}"#,
            #"{"runAsNonRoot":true}"#,
            #"{"runAsNonRoot":true}"#,
            #"{"runAsNonRoot":true}"#,
            #"{"runAsNonRoot":true}"#
        ),
        "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)"
    ),
    .fails(
        .runAsNonRoot,
        all(#"{"runAsNonRoot":true}"#, "{}", #"{"runAsNonRoot":false}"#, "{}", #"{"runAsNonRoot":false}"#),
        #"runAsNonRoot != true (containers "a", "e" must not set securityContext.runAsNonRoot=false)"#
    ),
    .fails(
        .runAsNonRoot,
        with(#""image":"x""#, #","os":{"name":"windows"}"#),
        #"runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)"#
    ),
    .fails(
        .runAsNonRoot,
        0...34,
        with(#""image":"x""#, #","hostUsers":false"#),
        #"runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)"#
    ),

    .passes(.runAsUser, container(#"{"runAsUser":1}"#)),
    .passes(.runAsUser, container("{}")),
    .fails(.runAsUser, 23...36, ofPod(#"{"runAsUser":0}"#), "runAsUser=0 (pod must not set runAsUser=0)"),
    .fails(
        .runAsUser,
        23...36,
        all(#"{"runAsUser":0}"#, #"{"runAsUser":0}"#, #"{"runAsUser":1}"#, "{}", #"{"runAsUser":0}"#),
        #"runAsUser=0 (pod and containers "i", "e" must not set runAsUser=0)"#
    ),
    .fails(
        .runAsUser,
        23...34,
        with(#""securityContext":{"runAsUser":0}"#, #","hostUsers":false"#),
        #"runAsUser=0 (container "a" must not set runAsUser=0)"#
    ),

    .passes(.seccompProfileRestricted, ofPod(#"{"seccompProfile":{"type":"RuntimeDefault"}}"#)),
    .passes(.seccompProfileRestricted, container(#"{"seccompProfile":{"type":"Localhost"}}"#)),
    .fails(
        .seccompProfileRestricted,
        19...36,
        container("{}"),
        #"seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#
    ),
    .fails(
        .seccompProfileRestricted,
        19...36,
        all("{}", "{}", #"{"seccompProfile":{"type":"Localhost"}}"#, "null", "{}"),
        #"seccompProfile (pod or containers "i", "b", "e" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#
    ),
    .fails(
        .seccompProfileRestricted,
        19...36,
        all(
            #"{"seccompProfile":{"type":"Unconfined"}}"#,
            "{}",
            #"{"seccompProfile":{"type":"Unconfined"}}"#,
            #"{"seccompProfile":{"type":"RuntimeDefault"}}"#,
            "{}"
        ),
        #"seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")"#
    ),
    .fails(
        .seccompProfileRestricted,
        19...24,
        with(#""image":"x""#, #","os":{"name":"windows"}"#),
        #"seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#
    ),
]
