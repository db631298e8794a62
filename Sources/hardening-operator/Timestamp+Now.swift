import KubernetesAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Timestamp {
    /// The time of day, to the second.
    static var now: Timestamp { Timestamp(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)) }
}

extension MicroTime {
    /// The time of day, to the microsecond.
    static var now: MicroTime { MicroTime(microsecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1e6)) }
}
