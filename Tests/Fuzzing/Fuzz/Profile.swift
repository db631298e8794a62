import FoundationEssentials
import KubernetesAPI

@testable import Hardening
@testable import KubernetesClient

/// Profiles: the first byte says where a field is put in that no profile has, the rest is the profile.
///
/// That field must be noticed: what it was to ask for would never be asked, and nobody would know.
func fuzzProfile(_ input: Input) {
    var input = input
    guard var place = input.choose(from: Array(0..<64)) else { return }
    let bytes = Array(input.bytes)
    guard let profile = try? bytes.withUnsafeBytes({ try Coding.object(HardeningProfile.self, from: $0) }) else {
        return
    }
    do {
        _ = try CompiledProfile(profile)
    } catch {
        law(!error.problems.isEmpty, "nobody is told what is wrong with a profile")
    }
    if let status = profile.status { law(readAgain(status) == status, "a status changes when it is written and read") }
    guard let spec = bytes.withUnsafeBytes({ try? Coding.decode(JSONValue.self, from: $0) })?["spec"] else { return }
    let reading = FieldReader.read(ProfileSpec.self, spec, at: "spec")
    // Below a field that is unknown itself, nothing more is said.
    guard case .success(let value) = reading.value, reading.unknown.isEmpty else { return }
    guard let changed = spec.with("zzUnknown", ofObject: &place) else { return }
    let second = FieldReader.read(ProfileSpec.self, changed, at: "spec")
    // Among labels or quantities it is no unknown field, but one more of them.
    if case .success(let value2) = second.value, value2 == value {
        law(!second.unknown.isEmpty, "an unknown field is lost silently")
    }
}

private func readAgain(_ status: ProfileStatus) -> ProfileStatus? {
    (try? JSONEncoder().encode(status)).flatMap { try? JSONDecoder().decode(ProfileStatus.self, from: $0) }
}

extension JSONValue {
    /// The same with one member more in one of its objects, counted in the order of their keys; `nil` if there are not so
    /// many.
    fileprivate func with(_ name: String, ofObject place: inout Int) -> JSONValue? {
        switch self {
        case .object(var members):
            if place == 0 {
                members[name] = "1"
                return .object(members)
            }
            place -= 1
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                guard let changed = value.with(name, ofObject: &place) else { continue }
                members[key] = changed
                return .object(members)
            }
            return nil
        case .array(var elements):
            for (index, element) in elements.enumerated() {
                guard let changed = element.with(name, ofObject: &place) else { continue }
                elements[index] = changed
                return .array(elements)
            }
            return nil
        case .null, .bool, .integer, .number, .string: return nil
        }
    }
}
