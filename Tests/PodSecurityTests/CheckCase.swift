import PodSecurity
import Testing

/// A pod and the versions in which it fails a check.
struct CheckCase: Sendable, CustomTestStringConvertible {
    var check: CheckID
    var pod: String
    var fails: ClosedRange<Int>?
    var message: String

    /// A pod that passes in every version.
    static func passes(_ check: CheckID, _ pod: String) -> CheckCase {
        CheckCase(check: check, pod: pod, fails: nil, message: "")
    }

    /// A pod that fails in v1.`range` and passes in all other versions.
    static func fails(_ check: CheckID, _ range: ClosedRange<Int>, _ pod: String, _ message: String) -> CheckCase {
        CheckCase(check: check, pod: pod, fails: range, message: message)
    }

    /// A pod that fails in every version.
    static func fails(_ check: CheckID, _ pod: String, _ message: String) -> CheckCase {
        CheckCase(check: check, pod: pod, fails: 0...36, message: message)
    }

    var testDescription: String {
        "\(check.rawValue): \(pod) \(fails.map { "fails in \($0)" } ?? "passes")"
    }
}

/// A pod whose only container, `a`, has this securityContext.
func container(_ securityContext: String) -> String {
    #"{"spec":{"containers":[{"name":"a","securityContext":\#(securityContext)}]}}"#
}

/// A pod that has this securityContext, and a container `a` without one.
func ofPod(_ securityContext: String) -> String {
    #"{"spec":{"securityContext":\#(securityContext),"containers":[{"name":"a"}]}}"#
}

/// A pod that has the first securityContext, and containers `i` (init), `a`, `b` and `e` (ephemeral) with the others.
func all(_ ofPod: String, _ i: String, _ a: String, _ b: String, _ e: String) -> String {
    #"""
    {"spec":{"securityContext":\#(ofPod),"ephemeralContainers":[{"name":"e","securityContext":\#(e)}],
    "containers":[{"name":"b","securityContext":\#(b)},{"name":"a","securityContext":\#(a)}],
    "initContainers":[{"name":"i","securityContext":\#(i)}]}}
    """#
}

/// A pod whose only container, `a`, is `{"name":"a", FIELDS}`, with `more` in the spec.
func with(_ fields: String, _ more: String = "") -> String {
    #"{"spec":{"containers":[{"name":"a",\#(fields)}]\#(more)}}"#
}

/// A pod with these volumes.
func volumes(_ volumes: String) -> String { #"{"spec":{"containers":[],"volumes":[\#(volumes)]}}"# }

/// A pod with these annotations and containers `a` and `b`.
func annotated(_ annotations: String) -> String {
    #"{"metadata":{"annotations":{\#(annotations)}},"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#
}
