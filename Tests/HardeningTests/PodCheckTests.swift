import Hardening
import KubernetesAPI
import PodSecurity
import Testing

/// A pod and what a check says of it.
private struct Case: Sendable, CustomTestStringConvertible {
    var check: String
    var spec: String
    var message: String?
    var remedies: [String] = []

    var testDescription: String { "\(check): \(spec) \(message == nil ? "passes" : "fails")" }
}

private func fails(_ check: String, _ spec: String, _ message: String, _ remedies: String...) -> Case {
    Case(check: check, spec: spec, message: message, remedies: remedies)
}

private func passes(_ check: String, _ spec: String) -> Case { Case(check: check, spec: spec) }

private func container(_ fields: String) -> String { "{containers: [{name: a, \(fields)}]}" }
private func hostPath(_ path: String) -> String { "{volumes: [{name: v, hostPath: {path: '\(path)'}}]}" }
private func env(_ variable: String) -> String { container("env: [\(variable)]") }
private func resources(_ resources: String) -> String { container("resources: \(resources)") }

private let socket = "container-runtime-socket"
private let readOnlyPath = "host-path-read-only"
private let root = "read-only-root-filesystem"
private let limits = "resource-limits"
private let digest = "image-digest"
private let latest = "image-tag-latest"
private let secretEnvironment = "secret-environment-variables"
private let literal = "literal-secret"
private let account = "default-service-account-usage"
private let processes = "share-process-namespace"
private let group = "run-as-group"

private let sockets = [
    "/", "//", "/.", "/run", "/run/", "/var/run", "/var/run/", "/var", "/run/containerd", "/run/docker.sock",
    "/var/run/docker.sock", "/var/run//docker.sock/", "/run/./docker.sock", "/srv/../run",
    "/run/containerd/containerd.sock",
    "/var/run/containerd/containerd.sock", "/run/crio/crio.sock", "/var/run/crio", "/run/k3s", "/run/k3s/containerd",
    "/run/k3s/containerd/containerd.sock", "/run/cri-dockerd.sock", "/var/run/cri-dockerd.sock",
    "/run/podman/podman.sock",
    "/run/podman", "/run/k0s/containerd.sock", "/var/snap/microk8s/common/run/containerd.sock",
    #"\\.\pipe\docker_engine"#, #"\\.\pipe\containerd-containerd"#, "//./pipe/docker_engine",
]
private let noSockets = [
    "/var/log", "/run/secrets", "/runs", "/run/docker.socket", "/var/lib/docker", "/var/run/docker.sock/x", "/etc",
    "/run/x/..y",
    "/home/run", "/var/running", #"\\.\pipe\other"#,
]

private let credentials = [
    "PASSWORD", "DB_PASSWORD", "PGPASSWORD", "MYSQL_ROOT_PASSWORD", "dbPassword", "db.password", "redis-password",
    "PASSWORD_1", "PASSWORD2", "ADMIN_PASSWD", "PASSPHRASE", "SSH_PASSPHRASE", "DB_PASS", "DB_PWD", "CLIENT_SECRET",
    "clientSecret", "JWT_SECRET", "SECRET", "TOKEN", "GITHUB_TOKEN", "APIToken", "githubToken", "API_KEY", "apiKey",
    "APIKEY",
    "STRIPE_API_KEY", "AWS_SECRET_ACCESS_KEY", "SECRET_KEY", "DJANGO_SECRET_KEY", "PRIVATE_KEY", "privateKey",
    "ENCRYPTION_KEY",
    "AZURE_STORAGE_ACCOUNT_KEY", "DB_CREDENTIALS", "CREDENTIAL", "SECRETKEY_BASE_SECRET", "USER_PASSWORDS",
]
private let noCredentials = [
    "PASSWORD_FILE", "DB_PASSWORD_FILE", "TOKEN_PATH", "SECRET_NAME", "SECRET_REF", "KEY", "SORT_KEY", "PARTITION_KEY",
    "PUBLIC_KEY", "DATABASE_URL", "TOKEN_URL", "PASSWORD_MIN_LENGTH", "TOKEN_TTL", "TOKEN_EXPIRATION", "MAX_TOKENS",
    "AWS_ACCESS_KEY_ID", "PWD", "OLDPWD", "PASS", "BYPASS", "COMPASS", "MYSQL_ALLOW_EMPTY_PASSWORD",
    "MYSQL_RANDOM_ROOT_PASSWORD", "ENABLE_TOKEN", "USE_PASSWORD", "CORS_ALLOW_CREDENTIALS",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "SECRETS", "SECRET_MANAGER", "PASSWORD_POLICY", "TOKENIZER", "", "_", "1", "HOME", "KEYSTORE", "AUTOMOUNT_TOKEN",
]

private let cases: [Case] =
    sockets.map { path in
        fails(
            socket,
            hostPath(path),
            "the container runtime's socket is in volume \"v\" (\(path)), and whoever speaks to it is root on the node",
            "remove spec.volumes[0]"
        )
    }
    + noSockets.map { passes(socket, hostPath($0)) }
    + [
        passes(socket, "{volumes: [{name: v, emptyDir: {}}, {name: w, hostPath: {}}]}"),
        fails(
            socket,
            "{volumes: [{name: u, emptyDir: {}}, {name: v, hostPath: {path: /run}}, {name: w, hostPath: {path: /}}]}",
            "the container runtime's socket is in volumes \"v\" (/run), \"w\" (/), and whoever speaks to it is root on the node",
            "remove spec.volumes[1]",
            "remove spec.volumes[2]"
        ),

        fails(
            readOnlyPath,
            """
            {volumes: [{name: v, hostPath: {path: /x}}, {name: w, emptyDir: {}}],
             initContainers: [{name: i, volumeMounts: [{name: w}, {name: v, readOnly: false}]}],
             containers: [{name: a, volumeMounts: [{name: v, readOnly: true}, {name: v, mountPath: /y}]}, {name: b}]}
            """,
            "containers \"i\", \"a\" can write to a hostPath volume",
            "spec.initContainers[0].volumeMounts[1].readOnly: true",
            "spec.containers[0].volumeMounts[1].readOnly: true"
        ),
        passes(
            readOnlyPath,
            "{volumes: [{name: v, hostPath: {}}], containers: [{name: a, volumeMounts: [{name: v, readOnly: true}]}]}"
        ),
        passes(
            readOnlyPath,
            "{volumes: [{name: v, emptyDir: {}}], containers: [{name: a, volumeMounts: [{name: v}]}]}"
        ),
        passes(readOnlyPath, hostPath("/x")),

        fails(
            root,
            "{initContainers: [{name: i}], containers: [{name: a, securityContext: {readOnlyRootFilesystem: false}}], ephemeralContainers: [{name: e}]}",
            "containers \"i\", \"a\", \"e\" can write to the root file system",
            "spec.initContainers[0].securityContext.readOnlyRootFilesystem: true",
            "spec.containers[0].securityContext.readOnlyRootFilesystem: true",
            "spec.ephemeralContainers[0].securityContext.readOnlyRootFilesystem: true"
        ),
        passes(root, container("securityContext: {readOnlyRootFilesystem: true}")),
        passes(root, "{os: {name: windows}, containers: [{name: a}]}"),
        fails(
            root,
            "{os: {name: linux}, containers: [{name: a}]}",
            "container \"a\" can write to the root file system",
            "spec.containers[0].securityContext.readOnlyRootFilesystem: true"
        ),

        fails(
            limits,
            resources("{}"),
            "container \"a\": memory limit missing, CPU request missing",
            "spec.containers[0].resources.limits.memory: what it needs at most",
            "spec.containers[0].resources.requests.cpu: what it needs"
        ),
        fails(
            limits,
            resources("{requests: {memory: 64Mi, cpu: 10m}}"),
            "container \"a\": memory limit missing",
            "spec.containers[0].resources.limits.memory: 64Mi"
        ),
        fails(
            limits,
            resources("{requests: {memory: 64Mi, cpu: 10m}, limits: {memory: 128Mi}}"),
            "container \"a\": memory limit not equal to the request",
            "spec.containers[0].resources.requests.memory: 128Mi"
        ),
        fails(
            limits,
            resources("{limits: {memory: 128Mi}}"),
            "container \"a\": CPU request missing",
            "spec.containers[0].resources.requests.cpu: what it needs"
        ),
        fails(
            limits,
            resources("{limits: {memory: '0', cpu: 1}}"),
            "container \"a\": memory limit missing",
            "spec.containers[0].resources.limits.memory: what it needs at most"
        ),
        fails(
            limits,
            "{initContainers: [{name: i}], containers: [{name: a, resources: {limits: {memory: 1Gi, cpu: 1}}}]}",
            "container \"i\": memory limit missing, CPU request missing",
            "spec.initContainers[0].resources.limits.memory: what it needs at most",
            "spec.initContainers[0].resources.requests.cpu: what it needs"
        ),
        passes(limits, resources("{limits: {memory: 1Gi}, requests: {memory: 1024Mi, cpu: 10m}}")),
        passes(limits, resources("{limits: {memory: 1Gi, cpu: 1}}")),
        passes(limits, resources("{limits: {memory: 1Gi}, requests: {cpu: 0.5}}")),
        passes(limits, "{ephemeralContainers: [{name: e}]}"),
        passes(limits, "{resources: {limits: {memory: 1Gi, cpu: 1}}, containers: [{name: a}]}"),
        passes(
            limits,
            "{resources: {limits: {memory: 1Gi}, requests: {memory: 1Gi, cpu: 1}}, containers: [{name: a}]}"
        ),
        fails(
            limits,
            "{resources: {limits: {memory: 1Gi}, requests: {memory: 1Mi, cpu: 1}}, containers: [{name: a}]}",
            "the pod's memory limit is not equal to its request",
            "spec.resources.requests.memory: 1Gi"
        ),
        fails(
            limits,
            "{resources: {requests: {cpu: 1}}, containers: [{name: a}]}",
            "container \"a\": memory limit missing",
            "spec.containers[0].resources.limits.memory: what it needs at most"
        ),

        fails(
            digest,
            "{containers: [{name: a, image: 'nginx:1.27'}, {name: b, image: 'b@sha256:00'}, {name: c, image: 'r:5000/c'}]}",
            "the image of containers \"a\", \"c\" is not named by its digest",
            "spec.containers[0].image: nginx:1.27@sha256:DIGEST",
            "spec.containers[2].image: r:5000/c@sha256:DIGEST"
        ),
        passes(digest, container("image: 'r.example.com:5000/x/nginx:1.27@sha256:00'")),
        passes(digest, container("image: ''")),

        fails(
            latest,
            "{containers: [{name: a, image: nginx}, {name: b, image: 'localhost:5000/x:latest'}, {name: c, image: 'c:1'}]}",
            "the image of containers \"a\", \"b\" is latest",
            "spec.containers[0].image: nginx:TAG",
            "spec.containers[1].image: localhost:5000/x:TAG"
        ),
        fails(
            latest,
            container("image: 'localhost:5000/x'"),
            "the image of container \"a\" is latest",
            "spec.containers[0].image: localhost:5000/x:TAG"
        ),
        passes(latest, container("image: 'nginx:1.27'")),
        passes(latest, container("image: 'nginx@sha256:00'")),
        passes(latest, container("image: 'nginx:latest@sha256:00'")),
        passes(latest, container("image: 'nginx:latest-alpine'")),
        passes(latest, container("image: ''")),

        fails(
            secretEnvironment,
            container(
                "env: [{name: A, value: b}, {name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}], envFrom: [{configMapRef: {name: c}}, {secretRef: {name: s}}]"
            ),
            "environment variables of container \"a\" come from a Secret: mount it as files instead",
            "remove spec.containers[0].env[1]",
            "remove spec.containers[0].envFrom[1]"
        ),
        passes(
            secretEnvironment,
            container(
                "env: [{name: A, value: b}, {name: B, valueFrom: {configMapKeyRef: {name: c, key: k}}}], envFrom: [{configMapRef: {name: c}}]"
            )
        ),

        fails(
            literal,
            container("env: [{name: DB_PASSWORD, value: hunter2}, {name: A, value: b}, {name: TOKEN, value: hunter3}]"),
            "variables DB_PASSWORD, TOKEN of container \"a\" read like a credential and have their values written there",
            "spec.containers[0].env[0].valueFrom.secretKeyRef: a Secret, instead of value",
            "spec.containers[0].env[2].valueFrom.secretKeyRef: a Secret, instead of value"
        ),
        passes(literal, env("{name: PASSWORD, valueFrom: {secretKeyRef: {name: s, key: k}}}")),
        passes(literal, env("{name: PASSWORD, value: ''}")),
        passes(literal, env("{name: PASSWORD}")),
        passes(literal, env("{name: PASSWORD, value: $(OTHER)}")),
        passes(literal, env("{name: PASSWORD, value: 'true'}")),
        passes(literal, env("{name: PASSWORD, value: 'No'}")),

        fails(
            processes,
            "{shareProcessNamespace: true}",
            "all containers see each other's processes",
            "spec.shareProcessNamespace: false"
        ),
        passes(processes, "{shareProcessNamespace: false}"),
        passes(processes, "{}"),

        fails(
            group,
            "{securityContext: {runAsGroup: 0, fsGroup: 0, supplementalGroups: [1, 0]}}",
            "the pod asks for group 0",
            "remove spec.securityContext.runAsGroup",
            "remove spec.securityContext.fsGroup",
            "remove spec.securityContext.supplementalGroups[1]"
        ),
        fails(
            group,
            "{securityContext: {fsGroup: 0}, containers: [{name: a, securityContext: {runAsGroup: 0}}]}",
            "the pod asks for group 0, and container \"a\" asks for group 0",
            "remove spec.securityContext.fsGroup",
            "remove spec.containers[0].securityContext.runAsGroup"
        ),
        fails(
            group,
            "{initContainers: [{name: i, securityContext: {runAsGroup: 0}}], containers: [{name: a, securityContext: {runAsGroup: 0}}]}",
            "containers \"i\", \"a\" ask for group 0",
            "remove spec.initContainers[0].securityContext.runAsGroup",
            "remove spec.containers[0].securityContext.runAsGroup"
        ),
        passes(
            group,
            "{securityContext: {runAsGroup: 1, fsGroup: 1, supplementalGroups: [1]}, containers: [{name: a}]}"
        ),

        fails(
            account,
            "{containers: []}",
            "pods run as ServiceAccount default",
            "spec.serviceAccountName: an account of its own"
        ),
        fails(
            account,
            "{serviceAccountName: default}",
            "pods run as ServiceAccount default",
            "spec.serviceAccountName: an account of its own"
        ),
        passes(account, "{serviceAccountName: builder}"),
    ]

@Suite struct PodCheckTests {
    @Test("A check of a pod's spec fails those pods that it should, and says why and what to change", arguments: cases)
    fileprivate func check(_ each: Case) throws {
        let violations = try facts("spec: " + each.spec).violations.filter { $0.check == each.check }
        #expect(violations.map(\.message) == (each.message.map { [$0] } ?? []))
        #expect(violations.flatMap(\.remedies).map(\.description) == each.remedies)
        #expect(violations.allSatisfy { $0.versions == 0..<Int.max })
    }

    @Test("Every check that a pod's spec answers has pods on both sides")
    func sides() {
        let ids = WorkloadCheck.all.filter { $0.scope == .pod && $0.podSecurityCheck == nil }.map(\.id)
        for id in ids where id != "image-registry-allowlist" {
            #expect(cases.contains { $0.check == id && $0.message != nil }, "\(id)")
            #expect(cases.contains { $0.check == id && $0.message == nil }, "\(id)")
        }
    }

    @Test("Names that read like a credential", arguments: credentials)
    func credential(_ name: String) throws {
        let facts = try facts("spec: " + env("{name: '\(name)', value: hunter2}"))
        #expect(facts.violations.contains { $0.check == literal })
    }

    @Test("Names that only contain such words", arguments: noCredentials)
    func noCredential(_ name: String) throws {
        let facts = try facts("spec: " + env("{name: '\(name)', value: hunter2}"))
        #expect(!facts.violations.contains { $0.check == literal })
    }

    @Test("A secret's value is nowhere in what is kept of a pod")
    func valueIsNotKept() throws {
        let facts = try facts("spec: " + env("{name: PASSWORD, value: hunter2}"))
        var dumped = ""
        dump(facts, to: &dumped)
        #expect(dumped.contains("PASSWORD") && !dumped.contains("hunter2"))
    }

    @Test("What a pod violates of the Pod Security Standards has the server's words, the versions and the field to set")
    func podSecurity() throws {
        let facts = try facts("spec: " + container("securityContext: {privileged: true}"))
        let violation = try #require(facts.violations.first { $0.check == "privileged" })
        #expect(violation.message == #"privileged (container "a" must not set securityContext.privileged=true)"#)
        #expect(violation.versions == 0..<Int.max)
        #expect(violation.remedies.map(\.description) == ["spec.containers[0].securityContext.privileged: false"])
        let escalation = try #require(facts.violations.first { $0.check == "allow-privilege-escalation" })
        #expect(escalation.versions == 8..<Int.max)
    }

    @Test("A pod that is as it should be violates nothing")
    func clean() throws {
        #expect(try facts("spec: \(Make.clean())").violations == [])
    }

    @Test(
        "A token is mounted where files of a Secret or a projected volume are, not an empty directory",
        arguments: [("projected: {}", true), ("secret: {}", true), ("emptyDir: {}", false)]
    )
    func token(_ source: String, _ isToken: Bool) throws {
        let path = "/var/run/secrets/kubernetes.io/serviceaccount"
        let pod =
            "spec: {volumes: [{name: t, \(source)}], containers: [{name: a, volumeMounts: [{name: t, mountPath: PATH}]}]}"
        #expect(try facts(pod.replacing("PATH", with: path)).mountsToken == isToken)
        #expect(try !facts(pod.replacing("PATH", with: path + "/x")).mountsToken)
    }
}
