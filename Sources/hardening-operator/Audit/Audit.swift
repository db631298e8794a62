import Hardening
import KubernetesAPI

/// An audit of files: reads, judges, reports. What it writes goes through its closures.
struct Audit {
    /// What is asked of the manifests.
    enum Question: Sendable {
        /// The Pod Security Standards alone.
        case podSecurity(PodSecurityAudit)
        /// All that a profile asks.
        case profile(ProfileAudit)
    }

    /// What is asked.
    var question: Question
    /// Files, folders, or `-`.
    var paths: [String]
    /// How to report.
    var format: ReportFormat
    /// The time of day, by which exemptions end.
    var now: Timestamp
    /// Findings that are less severe fail nothing.
    var threshold = Severity.low
    /// Takes the report.
    var write: (String) throws -> Void
    /// Takes a line about input that cannot be read.
    var complain: (String) -> Void
    /// Takes what progress writes to a terminal; `nil` if there is none.
    var showProgress: ((String) -> Void)?

    /// Runs it and returns the exit status: 0, 2 if a finding is at or above the threshold, 1 if some input cannot be
    /// read.
    ///
    /// - Throws: What ``write`` throws, and `AuditError` when the question cannot be answered.
    func run() throws -> Int32 {
        let inputs = InputFiles(paths)
        var report = AuditReport(problems: inputs.problems, threshold: threshold)
        var progress = AuditProgress()
        let start = ContinuousClock.now
        func problem(_ problem: ManifestProblem) {
            if let line = progress.clear() { showProgress?(line) }
            complain(problem.description)
            report.problems.append(problem)
        }
        for problem in inputs.problems { complain(problem.description) }
        var answer = Answer(question)
        for (index, file) in inputs.files.enumerated() {
            do throws(ManifestProblem) {
                let contents = ManifestFile(try InputFiles.contents(of: file), file: file)
                contents.problems.forEach(problem)
                for manifest in contents.manifests {
                    do throws(ManifestProblem) {
                        try answer.add(manifest)
                    } catch {
                        problem(error)
                    }
                }
            } catch {
                problem(error)
            }
            if let showProgress,
                let line = progress.update(done: index + 1, of: inputs.files.count, at: .now - start)
            {
                showProgress(line)
            }
        }
        if let line = progress.clear() { showProgress?(line) }
        answer.finish(&report, files: inputs.files.count, at: now)
        try write(format.render(report))
        return report.problems.isEmpty ? (report.fails ? 2 : 0) : 1
    }
}

extension ContinuousClock.Instant {
    fileprivate static func - (left: Self, right: Self) -> Duration { right.duration(to: left) }
}

/// What is gathered on the way to a report.
private struct Answer {
    private let question: Audit.Question
    // By itself, so that what it takes in grows in place.
    private var profileAudit: ProfileAudit?
    private var objects: [AuditedObject] = []
    private var findings: [AuditFinding] = []
    private var records: [AuditRecord] = []
    private var refused = 0
    private var others = 0

    init(_ question: Audit.Question) {
        self.question = question
        if case .profile(let audit) = question { profileAudit = audit }
    }

    mutating func add(_ manifest: Manifest) throws(ManifestProblem) {
        switch question {
        case .profile:
            // It looks at all of them together.
            if try profileAudit?.add(manifest) == true {
                objects.append(AuditedObject(manifest))
            } else {
                others += 1
            }
        case .podSecurity(let audit):
            guard let verdict = try audit.judge(manifest) else {
                others += 1
                return
            }
            objects.append(AuditedObject(manifest))
            records.append(audit.record(manifest, verdict))
            findings += audit.findings(manifest, verdict)
            if !verdict.allowed { refused += 1 }
        }
    }

    func finish(_ report: inout AuditReport, files: Int, at now: Timestamp) {
        switch question {
        case .podSecurity(let audit):
            report.objects = objects
            report.findings = findings
            report.records = records
            report.rules = audit.rules
            report.asksEachRule = true
            report.summary =
                "\(refused) of \(Self.count(objects.count, "workload")) in \(Self.count(files, "file")) "
                + "\(refused == 1 ? "violates" : "violate") \(audit.policy)"
                + (others == 0 ? "" : "; \(Self.count(others, "object")) of other kinds or without pods")
        case .profile(let question):
            let audit = profileAudit ?? question
            report.objects = objects
            report.findings = audit.findings(at: now)
            report.rules = audit.rules
            report.summary =
                "\(Self.count(objects.count, "object")) in \(Self.count(files, "file"))"
                + (others == 0 ? "" : "; \(Self.count(others, "object")) of other kinds") + "; \(audit.release)"
        }
    }

    private static func count(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
