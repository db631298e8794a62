import Hardening
import KubernetesAPI
import Yams

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A HardeningProfile in a file.
enum ProfileFile {
    /// Reads the profile in `path`.
    ///
    /// - Throws: ``ProfileFileError`` with file and field.
    static func read(_ path: String) throws -> HardeningProfile {
        func fail(_ problem: String) -> ProfileFileError { ProfileFileError(description: "\(path): \(problem)") }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw fail("cannot be read: name a file with a HardeningProfile")
        }
        do {
            let profile = try YAMLDecoder().decode(HardeningProfile.self, from: data)
            // Everything that is wrong with it is said now, not as a finding later.
            _ = try CompiledProfile(profile)
            return profile
        } catch let error as InvalidProfile {
            throw fail("\(error)")
        } catch {
            throw fail("is no HardeningProfile: \(error)")
        }
    }
}

/// Why a file's profile cannot be used.
struct ProfileFileError: Error, CustomStringConvertible {
    var description: String
}
