import KubernetesAPI
import Testing

@Suite struct ObjectMetaTests {
    @Test("Absent fields are empty")
    func absent() throws {
        let metadata = try read(ObjectMeta.self, #"{"name":"a","creationTimestamp":null}"#)
        #expect(metadata == ObjectMeta(name: "a"))
    }

    @Test("All fields are read")
    func full() throws {
        let metadata = try read(
            ObjectMeta.self,
            #"""
            {"name":"a","namespace":"n","uid":"u","resourceVersion":"7","generation":3,"selfLink":"/x",
             "creationTimestamp":"1970-01-01T00:00:01Z","deletionTimestamp":"1970-01-01T00:00:02Z",
             "labels":{"l":"1"},"annotations":{"a":"2"},"finalizers":["f"],"ownerReferences":[{"kind":"X"}]}
            """#
        )
        #expect(
            metadata
                == ObjectMeta(
                    name: "a",
                    namespace: "n",
                    uid: "u",
                    resourceVersion: .init("7"),
                    generation: 3,
                    creationTimestamp: .init(secondsSinceEpoch: 1),
                    deletionTimestamp: .init(secondsSinceEpoch: 2),
                    labels: ["l": "1"],
                    annotations: ["a": "2"],
                    finalizers: ["f"],
                    ownerReferences: [.init(apiVersion: "", kind: "X", name: "", uid: "")]
                )
        )
    }
}

@Suite struct ManagedFieldsTests {
    // As a server answered for a namespace that three managers wrote to.
    private static let metadata = #"""
        {"name":"team-a","managedFields":[
          {"manager":"kubectl-create","operation":"Update","apiVersion":"v1","time":"2026-11-21T09:30:00Z",
           "fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:kubernetes.io/metadata.name":{}}},
             "f:spec":{"f:finalizers":{".":{},"v:\"kubernetes\"":{}}}}},
          {"manager":"hardening-operator","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1",
           "fieldsV1":{"f:metadata":{"f:annotations":{"f:hardening.dev/previous":{}},
             "f:labels":{"f:hardening.dev/profile":{},"f:pod-security.kubernetes.io/enforce":{}},
             "f:ownerReferences":{"k:{\"uid\":\"1\"}":{".":{},"f:name":{}}}}}},
          {"manager":"hardening-operator","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1",
           "fieldsV1":{"f:metadata":{"f:labels":{"f:restored":{}}}}},
          {"manager":"hardening-operator","operation":"Apply","subresource":"status","fieldsType":"FieldsV1",
           "fieldsV1":{"f:status":{"f:phase":{}}}},
          {"manager":"argocd","operation":"Apply","fieldsType":"FieldsV1",
           "fieldsV1":{"f:metadata":{"f:labels":{"f:pod-security.kubernetes.io/enforce":{},"f:team":{}}},
             "f:automountServiceAccountToken":{}}}
        ]}
        """#

    @Test("What a manager applied is told from what it updated and from what it applied to a subresource")
    func applied() throws {
        let metadata = try read(ObjectMeta.self, Self.metadata)
        let ours = try #require(metadata.fieldsApplied(by: "hardening-operator"))
        #expect(ours.labels == ["hardening.dev/profile", "pod-security.kubernetes.io/enforce"])
        #expect(ours.annotations == ["hardening.dev/previous"])
        #expect(ours.topLevel.isEmpty)
        #expect(metadata.fieldsApplied(by: "kubectl-create") == nil)
        #expect(metadata.fieldsApplied(by: "nobody") == nil)
    }

    @Test("What anyone else owns is everything but what the manager applied, its own updates included")
    func others() throws {
        let metadata = try read(ObjectMeta.self, Self.metadata)
        let theirs = metadata.fieldsOwned(besides: "hardening-operator")
        #expect(
            theirs.labels == ["kubernetes.io/metadata.name", "restored", "pod-security.kubernetes.io/enforce", "team"]
        )
        #expect(theirs.annotations.isEmpty)
        #expect(theirs.topLevel == ["spec", "status", "automountServiceAccountToken"])
    }

    @Test("Only a status that was applied is no apply of the object")
    func onlySubresource() throws {
        let metadata = try read(
            ObjectMeta.self,
            #"""
            {"name":"a","managedFields":[{"manager":"m","operation":"Apply","subresource":"status",
              "fieldsV1":{"f:status":{}}}]}
            """#
        )
        #expect(metadata.fieldsApplied(by: "m") == nil)
    }

    @Test("Markers of values and of list members name no field")
    func forms() throws {
        let fields = try read(
            FieldSet.self,
            #"""
            {"f:metadata":{"f:labels":{".":{},"f:a":{},"v:b":{},"k:{\"c\":1}":{},"i:0":{}},"f:annotations":{}},
             ".":{},"v:x":{},"f:secrets":{"k:{\"name\":\"s\"}":{}}}
            """#
        )
        #expect(fields == FieldSet(labels: ["a"], annotations: [], topLevel: ["secrets"]))
    }

    @Test("An entry without fields owns none", arguments: [#"{}"#, #"{"manager":"m","fieldsV1":null}"#])
    func empty(_ json: String) throws {
        let entry = try read(ManagedFieldsEntry.self, json)
        #expect(entry.fields == FieldSet())
        #expect(entry.operation == .update)
    }
}

@Suite struct StatusTests {
    @Test("A failure is read with its causes and its time to wait")
    func reads() throws {
        let status = try read(
            Status.self,
            #"""
            {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"no","reason":"Forbidden",
             "details":{"name":"a","kind":"networkpolicies","retryAfterSeconds":3,
               "causes":[{"reason":"NamespaceTerminating","message":"going","field":"metadata.namespace"}]},"code":403}
            """#
        )
        #expect(status.code == 403 && status.reason == "Forbidden" && status.message == "no")
        #expect(status.details?.retryAfterSeconds == 3 && status.details?.name == "a")
        #expect(status.hasCause("NamespaceTerminating") && !status.hasCause("FieldManagerConflict"))
        #expect(status.details?.causes?.first?.field == "metadata.namespace")
    }

    @Test("Everything about a failure may be missing")
    func empty() throws {
        let status = try read(Status.self, "{}")
        #expect(status.code == nil && !status.hasCause("x"))
    }
}

@Suite struct ResourceTests {
    @Test("Paths are those of the core group and of the others, of namespaces and of the cluster")
    func paths() {
        #expect(Namespace.resource.path() == "/api/v1/namespaces")
        #expect(Namespace.resource.path(namespace: "ignored", name: "a") == "/api/v1/namespaces/a")
        #expect(
            NetworkPolicy.resource.path(namespace: "n", name: "a", subresource: "status")
                == "/apis/networking.k8s.io/v1/namespaces/n/networkpolicies/a/status"
        )
        #expect(NetworkPolicy.resource.path() == "/apis/networking.k8s.io/v1/networkpolicies")
        #expect(NetworkPolicy.resource.apiVersion == "networking.k8s.io/v1" && Namespace.resource.apiVersion == "v1")
        #expect(
            "\(NetworkPolicy.resource)" == "networkpolicies.networking.k8s.io"
                && "\(Namespace.resource)" == "namespaces"
        )
    }
}

@Suite struct KindTests {
    @Test("A namespace is going once its deletion was asked for or its phase says so")
    func terminating() throws {
        func namespace(_ json: String) throws -> Namespace { try read(Namespace.self, json) }
        #expect(try !namespace(#"{"metadata":{"name":"a"},"status":{"phase":"Active"}}"#).isTerminating)
        #expect(try !namespace(#"{"metadata":{"name":"a"}}"#).isTerminating)
        #expect(try namespace(#"{"metadata":{"name":"a"},"status":{"phase":"Terminating"}}"#).isTerminating)
        #expect(
            try namespace(#"{"metadata":{"name":"a","deletionTimestamp":"2026-11-21T09:30:00Z"}}"#).isTerminating
        )
    }

    @Test(
        "A service's addresses are all it has, none when it is headless",
        arguments: [
            (#"{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1","fd00::1"]}"#, ["10.0.0.1", "fd00::1"]),
            (#"{"clusterIP":"10.0.0.1"}"#, ["10.0.0.1"]), (#"{"clusterIP":"None","clusterIPs":["None"]}"#, []),
            (#"{"clusterIP":""}"#, []), ("{}", []),
        ]
    )
    func addresses(_ spec: String, _ addresses: [String]) throws {
        let service = try read(Service.self, #"{"metadata":{"name":"a"},"spec":\#(spec)}"#)
        #expect(service.clusterAddresses == addresses)
    }

    @Test("A daemon set's containers are those of its template")
    func daemonSet() throws {
        let set = try read(
            DaemonSet.self,
            #"""
            {"metadata":{"name":"a"},"spec":{"template":{"spec":{"containers":[{"name":"c","args":["-localip","x"]}]}}}}
            """#
        )
        #expect(set.containers.map(\.args) == [["-localip", "x"]])
        #expect(try read(DaemonSet.self, #"{"metadata":{"name":"a"}}"#).containers.isEmpty)
    }

    @Test("A service account that says nothing about its token is told from one that does")
    func serviceAccount() throws {
        func automount(_ rest: String) throws -> Bool? {
            try read(ServiceAccount.self, #"{"metadata":{"name":"a"}\#(rest)}"#).automountServiceAccountToken
        }
        #expect(try automount("") == nil)
        #expect(try automount(#","automountServiceAccountToken":false"#) == false)
        #expect(try automount(#","automountServiceAccountToken":true"#) == true)
    }

    @Test("Subjects of a binding are read, and a binding may have none")
    func bindings() throws {
        let binding = try read(
            RoleBinding.self,
            #"""
            {"metadata":{"name":"a","namespace":"n"},"roleRef":{"kind":"Role","name":"r"},"subjects":[
              {"kind":"ServiceAccount","name":"s","namespace":"n"},{"kind":"Group","name":"g","apiGroup":"x"}]}
            """#
        )
        #expect(
            binding.subjects
                == [Subject(kind: "ServiceAccount", name: "s", namespace: "n"), Subject(kind: "Group", name: "g")]
        )
        #expect(try read(ClusterRoleBinding.self, #"{"metadata":{"name":"a"}}"#).subjects == nil)
    }
}
