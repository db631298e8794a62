/// What is asked of each figure.
enum Goals {
    /// Of the time that the bare writer takes.
    static let coldStartRatio = 1.25
    static let peakMebibytes = 64.0
    static let fullPeakMebibytes = 256.0
    static let bytesPerPod = 300.0
    static let bytesPerNamespace = 3_000.0
    static let coldStartCPUSeconds = 2.0
    static let requestsWhenQuiet = 0.0
    static let statusWritesPerSecond = 1.0
    static let microsecondsPerEvent = 60.0
    /// Of a core, at ``eventsPerSecond``.
    static let percentUnderEvents = 5.0
    static let eventsPerSecond = 500
    static let repairMilliseconds = (median: 30.0, p99: 150.0)
    static let eventsPerSecondDuringRepairs = 200
    static let newNamespaceMilliseconds = (median: 60.0, p99: 250.0)
    static let binaryMebibytes = 40.0
    static let firstRequestMilliseconds = 60.0
}
