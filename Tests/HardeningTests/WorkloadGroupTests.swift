import Hardening
import KubernetesAPI
import TestSupport
import Testing

@Suite struct WorkloadGroupTests {
    private func words(_ workloads: ObservedWorkload...) -> [String] { words(workloads) }

    // `Deployment/web (1 pod): templates [Deployment/web]`
    private func words(_ workloads: [ObservedWorkload]) -> [String] {
        WorkloadGroup.groups(workloads).map { group in
            "\(group): \(group.templates.map { "\($0.kind)/\($0.name)" }.joined(separator: ", "))"
        }
    }

    private let spec = "{containers: [{name: a}]}"

    @Test("Pods of a Deployment belong to it through its ReplicaSets, whose templates do not count")
    func deployment() throws {
        let workloads = [
            try Make.deployment("web", spec), try Make.replicaSet("web-1", spec, owner: "Deployment/web"),
            try Make.replicaSet("web-0", spec, replicas: 0, owner: "Deployment/web"),
            try Make.pod("web-1-a", spec, owner: "ReplicaSet/web-1"),
            try Make.pod("web-1-b", spec, owner: "ReplicaSet/web-1"),
            try Make.pod("web-0-a", spec, owner: "ReplicaSet/web-0"),
        ]
        #expect(words(workloads) == ["Deployment/web (3 pods): Deployment/web"])
        let group = try #require(WorkloadGroup.groups(workloads).first)
        #expect(group.top?.name == "web" && group.pods.map(\.name) == ["web-0-a", "web-1-a", "web-1-b"])
        #expect(group.members.map(\.name) == ["web", "web-0-a", "web-1-a", "web-1-b"])
    }

    @Test("Pods of a CronJob belong to it through its Jobs, and a template counts before there is a pod")
    func cronJob() throws {
        let cronJob = try observed(
            WorkloadKinds.CronJob.self,
            "metadata: {name: c, uid: c}\nspec: {jobTemplate: {spec: {template: {spec: \(spec)}}}}"
        )
        func job(_ status: String) throws -> ObservedWorkload {
            try observed(
                WorkloadKinds.Job.self,
                "metadata: {name: c-1, uid: c-1\(Make.owners("batch/CronJob/c"))}\nspec: {template: {spec: \(spec)}}\nstatus: \(status)"
            )
        }
        let pod = try Make.pod("c-1-a", spec, owner: "batch/Job/c-1")
        #expect(words(cronJob) == ["CronJob/c (0 pods): CronJob/c"])
        #expect(words(cronJob, try job("{}"), pod) == ["CronJob/c (1 pod): CronJob/c"])
        // A job that is finished is not looked at, and still leads to its owner.
        let finished = try job("{conditions: [{type: Complete, status: 'True'}]}")
        #expect(finished.isOver)
        #expect(words(cronJob, finished, pod) == ["CronJob/c (1 pod): CronJob/c"])
        #expect(words(finished) == [])
        #expect(words(try job("{conditions: [{type: Complete, status: 'False'}]}")) == ["CronJob/c (0 pods): Job/c-1"])
    }

    @Test("A template counts at zero replicas, also a ReplicaSet's that nobody manages")
    func zeroReplicas() throws {
        #expect(words(try Make.deployment("web", spec, replicas: 0)) == ["Deployment/web (0 pods): Deployment/web"])
        #expect(words(try Make.replicaSet("web", spec, replicas: 0)) == ["ReplicaSet/web (0 pods): ReplicaSet/web"])
    }

    @Test(
        "What a foreign controller made belongs to what the reference says, with the templates it made that are in use"
    )
    func foreign() throws {
        let owner = "argoproj.io/Rollout/web"
        #expect(
            words(
                try Make.replicaSet("web-2", spec, owner: owner),
                try Make.replicaSet("web-1", spec, replicas: 0, owner: owner),
                try Make.pod("web-2-a", spec, owner: "ReplicaSet/web-2")
            ) == ["Rollout/web (1 pod): ReplicaSet/web-2"]
        )
        #expect(words(try Make.pod("a", spec, owner: owner)) == ["Rollout/web (1 pod): "])
        // Its own template is the only one that says what comes next, whatever it is scaled to.
        #expect(
            words(try Make.deployment("d", spec, replicas: 0, owner: "x.io/App/web"))
                == ["App/web (0 pods): Deployment/d"]
        )
        let group = try #require(WorkloadGroup.groups([try Make.pod("a", spec, owner: owner)]).first)
        #expect(group.identity.group == "argoproj.io" && group.top == nil)
    }

    @Test("A pod whose ReplicaSet cannot be seen belongs to that by reference; an orphan and a bare pod to themselves")
    func orphans() throws {
        #expect(words(try Make.pod("a", spec, owner: "ReplicaSet/web-1")) == ["ReplicaSet/web-1 (1 pod): "])
        #expect(words(try Make.pod("a", spec)) == ["Pod/a: Pod/a"])
        // A reference that is not the controller's owns for garbage collection only.
        let owned = try observed(
            WorkloadKinds.Pod.self,
            "metadata: {name: a, uid: a, ownerReferences: [{apiVersion: v1, kind: Node, name: n, uid: n}]}\nspec: \(spec)"
        )
        #expect(words(owned) == ["Pod/a: Pod/a"])
        // A ReplicaSet whose Deployment cannot be seen speaks for it.
        #expect(
            words(try Make.replicaSet("web-1", spec, owner: "Deployment/web"))
                == ["Deployment/web (0 pods): ReplicaSet/web-1"]
        )
    }

    @Test("A pod follows its controller when that changes")
    func reowned() throws {
        let web = try Make.deployment("web", spec), other = try Make.deployment("other", spec)
        let sets = [
            try Make.replicaSet("web-1", spec, owner: "Deployment/web"),
            try Make.replicaSet("other-1", spec, owner: "Deployment/other"),
        ]
        #expect(
            words([web, other] + sets + [try Make.pod("a", spec, owner: "ReplicaSet/web-1")])
                == ["Deployment/other (0 pods): Deployment/other", "Deployment/web (1 pod): Deployment/web"]
        )
        #expect(
            words([web, other] + sets + [try Make.pod("a", spec, owner: "ReplicaSet/other-1")])
                == ["Deployment/other (1 pod): Deployment/other", "Deployment/web (0 pods): Deployment/web"]
        )
    }

    @Test(
        "Finished pods, mirror pods and those on their way out do not count",
        arguments: [
            ("status: {phase: Succeeded}", ""), ("status: {phase: Failed}", ""),
            ("status: {phase: Running}", ", annotations: {kubernetes.io/config.mirror: x}"),
            ("status: {phase: Running}", ", deletionTimestamp: '2026-01-01T00:00:00Z'"),
        ]
    )
    func over(_ status: String, _ metadata: String) throws {
        let pod = try observed(
            WorkloadKinds.Pod.self,
            "metadata: {name: a, uid: a\(metadata)}\nspec: \(spec)\n\(status)"
        )
        #expect(words(pod) == [])
        #expect(words(try Make.pod("a", spec, more: "status: {phase: Pending}")) == ["Pod/a: Pod/a"])
    }

    @Test("A ReplicationController without a template stands for its pods only")
    func noTemplate() throws {
        let controller = try observed(
            WorkloadKinds.ReplicationController.self,
            "metadata: {name: rc, uid: rc}\nspec: {replicas: 1, selector: {a: b}}"
        )
        #expect(controller.facts == nil && controller.selector == LabelSelector(matchLabels: ["a": "b"]))
        let pod = try observed(
            WorkloadKinds.Pod.self,
            "metadata: {name: a, uid: a, ownerReferences: [{apiVersion: v1, kind: ReplicationController, name: rc, uid: rc, controller: true}]}\nspec: \(spec)"
        )
        let group = try #require(WorkloadGroup.groups([controller, pod]).first)
        #expect("\(group)" == "ReplicationController/rc (1 pod)" && group.top == controller)
    }

    @Test("An owner reference that somebody wrote by hand hides no template")
    func forged() throws {
        // To a clean one that really exists, in a circle, to itself.
        let clean = try Make.deployment("clean", spec)
        #expect(
            words(clean, try Make.deployment("dirty", spec, owner: "Deployment/clean"))
                == ["Deployment/clean (0 pods): Deployment/clean, Deployment/dirty"]
        )
        let a = try Make.deployment("a", spec, owner: "Deployment/b")
        let b = try Make.deployment("b", spec, owner: "Deployment/a")
        #expect(WorkloadGroup.groups([a, b]).flatMap(\.templates).map(\.name).sorted() == ["a", "b"])
        #expect(words(try Make.deployment("a", spec, owner: "Deployment/a")) == ["Deployment/a (0 pods): Deployment/a"])
        #expect(words(try Make.pod("a", spec, owner: "/Pod/a")) == ["Pod/a: Pod/a"])
    }

    @Test("What was read from files, which have no uids, is each its own")
    func files() throws {
        func file(_ name: String) throws -> ObservedWorkload {
            try observed(WorkloadKinds.Deployment.self, "metadata: {name: \(name)}\nspec: {template: {spec: \(spec)}}")
        }
        let pod = try observed(WorkloadKinds.Pod.self, "metadata: {name: p}\nspec: \(spec)")
        #expect(
            words(try file("a"), try file("b"), pod)
                == ["Deployment/a (0 pods): Deployment/a", "Deployment/b (0 pods): Deployment/b", "Pod/p: Pod/p"]
        )
        // An owner without a uid is whatever the reference says, not the next best without one.
        let owned = try observed(
            WorkloadKinds.Pod.self,
            "metadata: {name: q, ownerReferences: [{apiVersion: x.io/v1, kind: App, name: x, uid: '', controller: true}]}\nspec: \(spec)"
        )
        #expect(words(owned, try file("a")) == ["App/x (1 pod): ", "Deployment/a (0 pods): Deployment/a"])
    }

    @Test("What the server said when it refused pods is told of the group")
    func refusal() throws {
        func set(_ name: String, _ message: String) throws -> ObservedWorkload {
            try observed(
                WorkloadKinds.ReplicaSet.self,
                """
                metadata: {name: \(name), uid: \(name)\(Make.owners("Deployment/web"))}
                spec: {template: {spec: \(spec)}}
                status: {conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: '\(message)'}]}
                """
            )
        }
        let refused = try set("web-1", "pods \"x\" is forbidden: violates PodSecurity \"baseline:latest\": privileged")
        let group = try #require(WorkloadGroup.groups([try Make.deployment("web", spec), refused]).first)
        #expect(group.refusal?.contains("violates PodSecurity") == true)
        // Of several, always the same one.
        let other = try set("web-2", "pods \"y\" is forbidden: violates PodSecurity \"baseline:latest\": hostPort")
        let both = [[refused, other], [other, refused]].map { WorkloadGroup.groups($0).map(\.refusal) }
        #expect(both == [[refused.refusal], [refused.refusal]])
        #expect(try set("web-1", "exceeded quota").refusal == nil)
    }

    @Test("Every live pod is in exactly one group, and the order of what is read makes no difference", arguments: seeds)
    func laws(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var names = (0..<12).map { "w\($0)" }
        names.shuffle(using: &random)
        func owner() -> String? {
            guard let name = (names + ["gone"]).randomElement(using: &random) else { return nil }
            return [nil, "Deployment/\(name)", "ReplicaSet/\(name)", "x.io/App/\(name)", "/Pod/\(name)"]
                .randomElement(using: &random) ?? nil
        }
        var workloads: [ObservedWorkload] = []
        for name in names {
            let replicas = Int.random(in: 0...1, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: workloads.append(try Make.deployment(name, spec, replicas: replicas, owner: owner()))
            case 1: workloads.append(try Make.replicaSet(name, spec, replicas: replicas, owner: owner()))
            default:
                let phase = ["Running", "Running", "Succeeded"].randomElement(using: &random) ?? ""
                workloads.append(try Make.pod(name, spec, owner: owner(), more: "status: {phase: \(phase)}"))
            }
        }
        let groups = WorkloadGroup.groups(workloads)
        #expect(WorkloadGroup.groups(workloads.shuffled(using: &random)) == groups)
        let live = workloads.filter { $0.kind == "Pod" && !$0.isOver }.map(\.name).sorted()
        #expect(groups.flatMap(\.pods).map(\.name).sorted() == live)
        // Of what is no pod, only what a controller is known to have made of its own is left out.
        let templates = groups.flatMap(\.templates).map(\.name)
        #expect(Set(templates).count == templates.count)
        for workload in workloads where workload.kind == "Deployment" { #expect(templates.contains(workload.name)) }
        #expect(Set(groups.map(\.identity)).count == groups.count)
    }
}
