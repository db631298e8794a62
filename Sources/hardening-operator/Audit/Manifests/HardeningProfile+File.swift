import Hardening

extension HardeningProfile {
    /// Reads the profile of a file, which may hold other kinds as well.
    ///
    /// A field that no profile has is an error here: what it was to ask for would never be asked.
    ///
    /// - Throws: `ManifestProblem` with the line of what is wrong, unless the file holds exactly one HardeningProfile and
    ///   all of that one is understood.
    static func read(_ file: String) throws(ManifestProblem) -> (profile: HardeningProfile, compiled: CompiledProfile) {
        let contents = ManifestFile(try InputFiles.contents(of: file), file: file)
        if let problem = contents.problems.first { throw problem }
        let profiles = contents.manifests.filter { $0.kind == resource.kind && $0.apiVersion == resource.apiVersion }
        guard let manifest = profiles.first, profiles.count == 1 else {
            throw ManifestProblem(
                file: file,
                line: profiles.last?.line,
                message: "expected one HardeningProfile (\(resource.apiVersion)), found \(profiles.count)"
            )
        }
        let profile = try manifest.decode(HardeningProfile.self, manifest.node, at: "")
        var problems = profile.unknownFields
        do {
            let compiled = try CompiledProfile(profile)
            if problems.isEmpty { return (profile, compiled) }
        } catch {
            problems += error.problems
        }
        throw ManifestProblem(
            file: file,
            line: manifest.line(of: problems.first?.field ?? ""),
            message: "HardeningProfile \(manifest.name): \(InvalidProfile(problems: problems))"
        )
    }
}
