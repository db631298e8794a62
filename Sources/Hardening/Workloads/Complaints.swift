import KubernetesAPI
import PodSecurity
import PrintableText

/// What is wrong with the pods of one workload, check by check, with words for it.
///
/// What its templates violate is said of the workload. A live pod that violates more, by a container that somebody
/// injected or since its template was another, is said to do so; all that do so in the same check are one complaint.
struct Complaints {
    private struct Complaint {
        var message: String
        var remedies: [String]
        var subjects: Set<String>
        // The field of the first remedy, in the object.
        var path: String?
    }

    // Live pods that fail a check which their templates do not, or not for the same part of the pod.
    fileprivate struct Deviation {
        var pod: String
        var count: Int
        var violation: PodViolation
        var subjects: [String]
    }

    private let head: String
    private let tail: String
    private var complaints: [String: Complaint] = [:]
    private var deviations: [String: Deviation] = [:]

    /// What is wrong with `group` of what `violations` finds in a pod's facts.
    init(of group: WorkloadGroup, _ violations: (PodFacts) -> [PodViolation]) {
        head = "\(group): "
        var templates = group.templates.compactMap { template in template.facts.map { (template.templatePrefix, $0) } }
        // A bare pod is its own template.
        var pods = group.pods.filter { pod in !group.templates.contains { $0.kind == "Pod" && $0.uid == pod.uid } }
        tail = templates.isEmpty ? " (where these pods come from)" : ""
        if templates.isEmpty {
            // What makes them cannot be looked into: the pods themselves say what they are made of.
            var seen: Set<PodFacts> = []
            templates = pods.compactMap(\.facts).filter { seen.insert($0).inserted }.map { ("", $0) }
            pods = []
        }
        for (prefix, facts) in templates {
            for violation in violations(facts) { add(violation, prefix) }
        }
        // Most pods of a workload are alike, and then are judged once.
        var known: [PodFacts: [PodViolation]] = [:]
        for pod in pods {
            guard let facts = pod.facts else { continue }
            let found = known[facts] ?? violations(facts)
            known[facts] = found
            for violation in found { compare(violation, of: pod.name) }
        }
    }

    private mutating func add(_ violation: PodViolation, _ prefix: String) {
        var complaint =
            complaints[violation.check] ?? Complaint(message: violation.message, remedies: [], subjects: [])
        for remedy in violation.remedies {
            complaint.subjects.insert(remedy.subject)
            complaint.path = complaint.path ?? prefix + remedy.path
            let text = remedy.inWords(below: prefix)
            if !complaint.remedies.contains(text) { complaint.remedies.append(text) }
        }
        complaints[violation.check] = complaint
    }

    private mutating func compare(_ violation: PodViolation, of pod: String) {
        let known = complaints[violation.check]
        let new = violation.remedies.map(\.subject).filter { known?.subjects.contains($0) != true }
        guard known == nil || !new.isEmpty else { return }
        if deviations[violation.check] == nil {
            let subjects = new.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            deviations[violation.check] = Deviation(pod: pod, count: 0, violation: violation, subjects: subjects)
        }
        deviations[violation.check]?.count += 1
    }

    /// The field that `check` is about first of all, where it is one of the object's own.
    func path(_ check: String) -> String? { complaints[check]?.path }

    /// The whole message about `check`, or `nil` if nothing is wrong.
    func message(_ check: String) -> String? {
        switch (complaints[check], deviations[check]) {
        case (nil, nil):
            return nil
        case (let complaint?, nil):
            return Self.message(head + complaint.message, complaint.remedies, tail)
        case (nil, let deviation?):
            return Self.message(
                "\(head)\(deviation.inWords), unlike the template: \(deviation.violation.message)",
                [deviation.advice]
            )
        case (let complaint?, let deviation?):
            // The template first: to set that right may be all that is needed.
            let also = "; and \(deviation.inWords) moreover in \(deviation.subjects.inWords)"
            return Self.message(head + complaint.message, complaint.remedies, also)
        }
    }

    // The most remedies that a message has.
    private static let remedyLimit = 6

    // At most as long as a finding's message may be: what is wrong, however long, leaves room for one remedy.
    private static func message(_ text: String, _ remedies: [String], _ tail: String = "") -> String {
        let more = " and 9999 more"
        let first = remedies.first.map { ": " + $0 } ?? ""
        let reserved = min(first.unicodeScalars.count, 240) + more.count + tail.unicodeScalars.count
        var text = text.printable(upTo: max(Finding.messageLimit - reserved, 120)) + first
        let limit = Finding.messageLimit - more.count - tail.unicodeScalars.count
        var shown = min(remedies.count, 1)
        var verb = remedies.first?.prefix { $0 != " " }
        while shown < min(remedies.count, remedyLimit) {
            let next = remedies[shown]
            let nextVerb = next.prefix { $0 != " " }
            // `set a: 1; b: 2; remove c`
            let addition = "; " + (nextVerb == verb ? next.dropFirst(nextVerb.count + 1) : next[...])
            guard text.unicodeScalars.count + addition.unicodeScalars.count <= limit else { break }
            text += addition
            verb = nextVerb
            shown += 1
        }
        if shown < remedies.count { text += " and \(remedies.count - shown) more" }
        return text + tail
    }
}

extension Complaints.Deviation {
    fileprivate var inWords: String {
        count == 1 ? "live pod \(pod)" : "live pod \(pod) and \(count - 1) more"
    }

    fileprivate var advice: String {
        let ephemeral = violation.remedies.filter(\.isOfEphemeralContainer).map(\.subject)
        return subjects.allSatisfy(ephemeral.contains)
            ? "delete the pod, to be rid of ephemeral container \(subjects.inWords)"
            : "change what adds \(subjects.inWords), or have the pods created anew"
    }
}

extension Remedy {
    // An ephemeral container can be neither changed nor removed.
    fileprivate var isOfEphemeralContainer: Bool {
        path.hasPrefix("spec.\(ContainerPlace.List.ephemeralContainers.rawValue)[")
    }

    /// What to do, with the place where the template stands in its object, such as `spec.template.`.
    func inWords(below prefix: String) -> String {
        if isOfEphemeralContainer { return "delete the pod, to be rid of ephemeral container \(subject)" }
        return value.map { "set \(prefix)\(path): \($0)" } ?? "remove \(prefix)\(path)"
    }
}

extension [String] {
    fileprivate var inWords: String {
        let shown = prefix(3).joined(separator: ", ")
        return count > 3 ? "\(shown) and \(count - 3) more" : shown
    }
}
