# A city's profile as an image that holds nothing else, to be mounted (k8s/components/profile-image). Build it in the profile's directory:
#   docker build -f deploy/docker/profile.Dockerfile -t registry/duban-profile:2026-11-26 path/to/profile
FROM scratch
COPY . /
